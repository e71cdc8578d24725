import QtQuick
import QtQuick.Layouts
import Kvasir

// What is kept of a chat.
Item {
    id: row

    required property string title
    required property string sizeText
    required property string useText
    required property bool pinned
    signal pinToggled
    signal removed

    implicitHeight: Math.max(Theme.scaled(52), words.implicitHeight + Theme.space4)
    Accessible.role: Accessible.ListItem
    Accessible.name: [title, sizeText, useText].join(". ")

    Rectangle {
        anchors.bottom: parent.bottom
        width: parent.width
        height: 1
        color: Theme.outline
    }
    RowLayout {
        anchors.fill: parent
        spacing: Theme.space1
        Column {
            id: words
            Layout.fillWidth: true
            spacing: 2
            RowLayout {
                width: parent.width
                spacing: Theme.space3
                TextLabel {
                    objectName: "storedChatTitle"
                    Layout.fillWidth: true
                    text: row.title
                    Accessible.ignored: true
                }
                TextLabel {
                    objectName: "storedChatSize"
                    Layout.maximumWidth: row.width * 0.5
                    rightPadding: Theme.space2
                    text: row.sizeText
                    Accessible.ignored: true
                }
            }
            TextLabel {
                width: parent.width
                visible: text.length > 0
                text: row.useText
                font.pixelSize: Theme.sizeSmall
                color: Theme.textMuted
                Accessible.ignored: true
            }
        }
        IconButton {
            objectName: "pinButton"
            iconName: "pin"
            iconSize: Theme.iconSizeSmall
            iconColor: row.pinned ? Theme.accent : hovered || visualFocus ? Theme.text : Theme.textMuted
            fill: row.pinned ? Theme.accentSoft : Theme.clear
            text: row.pinned ? qsTr("No longer keep always") : qsTr("Keep always")
            Accessible.name: text + ": " + row.title
            onClicked: row.pinToggled()
        }
        IconButton {
            objectName: "deleteStoredButton"
            iconName: "delete"
            iconSize: Theme.iconSizeSmall
            iconColor: hovered ? Theme.danger : Theme.textMuted
            text: qsTr("Delete what is kept; the chat stays")
            Accessible.name: text + ": " + row.title
            onClicked: row.removed()
        }
    }
}
