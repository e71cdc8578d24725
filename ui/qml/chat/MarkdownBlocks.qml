import QtQuick
import Kvasir

// A message's blocks below one another. While an answer grows, only its last blocks change. Of many, those in sight are made.
Column {
    id: column

    required property MarkdownBlockModel blocks
    property MessageFinder finder: null // what is sought in it …
    property int row: -1 // … as this message …
    property bool isReasoning: false // … or what was thought before it
    property color inkColor: Theme.text
    property int pixelSize: Theme.sizeBody
    readonly property alias count: made.blockCount
    property Item firstBlock: null
    readonly property int sought: finder && finder.row === row && finder.inReasoning === isReasoning ? finder.block : -1
    readonly property BlockSelection selection: BlockSelection {
        area: column
        blocks: column.blocks
        made: made
        onCopyRequested: text => column.copyRequested(text)
    }
    signal copyRequested(string text)

    function slotOf(block: int): BlockSlot {
        return repeater.itemAt(block - made.first);
    }

    topPadding: made.roomAbove
    bottomPadding: made.roomBelow
    onSoughtChanged: if (sought >= 0) made.goTo(sought)
    onVisibleChanged: BlockMaker.look()
    Component.onCompleted: if (sought >= 0) made.goTo(sought)
    Keys.onPressed: event => selection.take(column, event)

    BlockWindow {
        id: made
        blocks: column.blocks
        area: column
        maker: BlockMaker
        lineLetters: column.width * 2 / column.pixelSize // half as wide as high is what a letter takes on average
        lineHeight: column.pixelSize * Theme.lineHeight
        keepsAll: column.selection.focused !== null
    }
    Repeater {
        id: repeater
        model: made
        onItemAdded: (index, item) => {
            if (item.number === 0)
                column.firstBlock = item;
            if (column.selection.spans)
                column.selection.mark(item.number);
        }
        onItemRemoved: (index, item) => column.selection.leave(item)
        BlockSlot {
            width: column.width
            selection: column.selection
            finder: column.finder
            occurrence: column.sought === number ? column.finder.occurrence : -1
            inkColor: column.inkColor
            pixelSize: column.pixelSize
            onHeightChanged: made.measured(number, height)
            onCopyRequested: text => column.copyRequested(text)
        }
    }
}
