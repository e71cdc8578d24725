import QtQuick
import Kvasir

// A message's blocks below one another. While an answer grows, only its last blocks change. Many blocks are made little by little.
Column {
    id: column

    required property var blocks // MarkdownBlockModel
    property MessageFinder finder: null // what is sought in it …
    property int row: -1 // … as this message …
    property bool isReasoning: false // … or what was thought before it
    property color inkColor: Theme.text
    property int pixelSize: Theme.sizeBody
    readonly property alias count: repeater.count
    property Item firstBlock: null
    // Of more than so many …
    readonly property int many: 40
    // … those that a view shows first are made at once: at a message's beginning and, more often, at its end.
    readonly property int firstAtOnce: 2
    readonly property int lastAtOnce: 12
    signal copyRequested(string text)

    function canWait(index: int): bool {
        return count > many && index >= firstAtOnce && index < count - lastAtOnce;
    }
    // Half as wide as high is what a letter takes on average.
    function guessHeight(index: int): int {
        return blocks.estimatedLines(index, width * 2 / pixelSize) * pixelSize * Theme.lineHeight;
    }

    readonly property BlockSelection selection: BlockSelection {
        area: column
        blocks: repeater
        onCopyRequested: text => column.copyRequested(text)
    }
    Repeater {
        id: repeater
        model: column.blocks
        onItemAdded: (index, item) => { if (index === 0) column.firstBlock = item; }
        BlockSlot {
            width: column.width
            selection: column.selection
            finder: column.finder
            row: column.row
            isReasoning: column.isReasoning
            inkColor: column.inkColor
            pixelSize: column.pixelSize
            onCopyRequested: text => column.copyRequested(text)
            Component.onCompleted: column.canWait(index) ? makeLater(column.guessHeight(index)) : make()
        }
    }
    Loader {
        active: column.blocks ? column.blocks.hiddenBlocks > 0 : false
        visible: active
        sourceComponent: LinkButton {
            objectName: "moreBlocks"
            topPadding: Theme.space2
            text: qsTr("Show more")
            onClicked: column.blocks.showMore()
        }
    }
}
