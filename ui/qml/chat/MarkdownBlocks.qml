import QtQuick
import Kvasir

// An answer's blocks below one another. While it grows, only its last blocks change.
Column {
    id: column

    required property var blocks // MarkdownBlockModel
    property color inkColor: Theme.text
    property int pixelSize: Theme.sizeBody
    signal copyRequested(string text)

    Repeater {
        model: column.blocks
        BlockSlot {
            width: column.width
            inkColor: column.inkColor
            pixelSize: column.pixelSize
            onCopyRequested: text => column.copyRequested(text)
        }
    }
    LinkButton {
        objectName: "moreBlocks"
        visible: column.blocks ? column.blocks.hiddenBlocks > 0 : false
        topPadding: Theme.space2
        text: qsTr("Show more")
        onClicked: column.blocks.showMore()
    }
}
