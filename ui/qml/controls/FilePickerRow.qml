import QtQuick
import QtQuick.Templates as T
import Kvasir

// A folder, or a model file with its size.
T.AbstractButton {
    id: row

    required property bool isFolder
    required property string sizeText
    property bool current: false

    implicitHeight: Theme.rowHeight
    leftPadding: Theme.space3
    rightPadding: Theme.space3
    hoverEnabled: true
    focusPolicy: Qt.NoFocus
    Accessible.role: Accessible.ListItem
    Accessible.name: isFolder ? qsTr("Folder %1").arg(text) : text + ", " + sizeText
    Accessible.selected: current

    background: Rectangle {
        radius: Theme.radiusControl
        color: row.current ? Theme.accentSoft : row.hovered ? Theme.hover : Theme.clear
    }
    contentItem: Item {
        Icon {
            id: icon
            anchors.verticalCenter: parent.verticalCenter
            name: row.isFolder ? "folder" : "model"
            color: row.current ? Theme.accent : Theme.textMuted
        }
        TextLabel {
            anchors.verticalCenter: parent.verticalCenter
            anchors.left: icon.right
            anchors.leftMargin: Theme.space3
            anchors.right: size.left
            anchors.rightMargin: Theme.space3
            text: row.text
            elide: Text.ElideMiddle
            Accessible.ignored: true
        }
        TextLabel {
            id: size
            anchors.verticalCenter: parent.verticalCenter
            anchors.right: parent.right
            text: row.sizeText
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
            Accessible.ignored: true
        }
    }
}
