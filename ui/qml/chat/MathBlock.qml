import QtQuick
import QtQuick.Templates as T
import Kvasir

// A formula on a line of its own. Before it is typeset, and where it can't be, its source.
Item {
    id: block

    required property string latex
    property bool selected: false // with blocks above and below it
    property bool open: false // its end has not arrived
    property color inkColor: Theme.text
    property int pixelSize: Theme.sizeBody
    signal copyRequested(string text)

    implicitHeight: formula.ready ? flick.height : source.implicitHeight
    Accessible.role: Accessible.StaticText
    Accessible.name: latex

    Rectangle {
        anchors.fill: parent
        visible: block.selected
        color: Theme.selection
    }
    HoverHandler { id: hover }
    Flickable {
        id: flick
        width: parent.width
        height: formula.implicitHeight + 2 * Theme.space1 + (bar.visible ? Theme.space3 : 0)
        visible: formula.ready
        contentWidth: Math.max(width, formula.implicitWidth)
        contentHeight: height
        clip: contentWidth > width
        flickableDirection: Flickable.HorizontalFlick
        boundsBehavior: Flickable.StopAtBounds
        T.ScrollBar.horizontal: SlimScrollBar { id: bar }
        FormulaItem {
            id: formula
            x: Math.round((flick.contentWidth - width) / 2)
            y: Theme.space1
            typesetter: Typesetter
            latex: block.open ? "" : block.latex
            display: true
            pixelSize: block.pixelSize
            color: block.inkColor
        }
    }
    TextEdit {
        id: source
        width: parent.width
        visible: !formula.ready
        readOnly: true
        selectByMouse: true
        textFormat: TextEdit.PlainText
        wrapMode: TextEdit.Wrap
        text: block.latex
        color: Theme.textMuted
        font.family: Theme.monoFamily
        font.pixelSize: Theme.sizeLabel
        selectionColor: Theme.selection
        selectedTextColor: Theme.text
        Accessible.ignored: true
    }
    IconButton {
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        visible: formula.ready
        opacity: hover.hovered || visualFocus ? 1 : 0
        implicitWidth: 28
        implicitHeight: 28
        iconSize: Theme.iconSizeSmall
        iconName: "copy"
        text: qsTr("Copy LaTeX")
        onClicked: block.copyRequested(block.latex)
        Behavior on opacity { NumberAnimation { duration: Theme.durationFast } }
    }
}
