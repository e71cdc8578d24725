import QtQuick
import QtQuick.Templates as T
import Kvasir

// A table. Its columns get narrower to some degree; then it scrolls sideways.
Flickable {
    id: table

    required property var block // MarkdownBlock
    property BlockSelection selection: null
    readonly property alias textItem: prose
    property color inkColor: Theme.text
    property int pixelSize: Theme.sizeBody
    readonly property int leastWidth: Math.min(prose.naturalWidth, prose.columns * Theme.tableColumnWidth)

    implicitHeight: prose.implicitHeight + (bar.visible ? Theme.space3 : 0)
    contentWidth: prose.width
    contentHeight: prose.height
    clip: contentWidth > width
    flickableDirection: Flickable.HorizontalFlick
    boundsBehavior: Flickable.StopAtBounds
    T.ScrollBar.horizontal: SlimScrollBar { id: bar }

    ProseBlock {
        id: prose
        width: Math.max(table.width, table.leastWidth)
        block: table.block
        selection: table.selection
        inkColor: table.inkColor
        pixelSize: table.pixelSize
    }
}
