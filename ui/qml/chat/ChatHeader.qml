import QtQuick
import QtQuick.Layouts
import Kvasir

// The chat's title, and what the side bar offers while it is away.
Item {
    id: header

    required property ChatController chat
    required property bool sidebarDocked
    signal sidebarToggled

    implicitHeight: Theme.headerHeight

    RowLayout {
        anchors.fill: parent
        anchors.leftMargin: Theme.space3
        anchors.rightMargin: Theme.space3
        spacing: Theme.space1
        IconButton {
            objectName: "sidebarButton"
            visible: !header.sidebarDocked
            iconName: "sidebar"
            text: qsTr("Show chats")
            keys: "Ctrl+B"
            onClicked: header.sidebarToggled()
        }
        IconButton {
            visible: !header.sidebarDocked
            iconName: "new-chat"
            text: qsTr("New chat")
            keys: "Ctrl+N"
            onClicked: header.chat.newChat()
        }
        TextLabel {
            objectName: "chatTitle"
            Layout.fillWidth: true
            leftPadding: header.sidebarDocked ? Theme.space3 : Theme.space1
            text: header.chat.currentTitle
            font.pixelSize: Theme.sizeBody
            font.weight: Font.DemiBold
            Accessible.role: Accessible.Heading
        }
        PrivateMark {
            visible: header.chat.isPrivate
            chat: header.chat
            compact: header.width < Theme.overlayWidth
        }
        IconButton {
            objectName: "privateButton"
            visible: !header.chat.isPrivate
            iconName: "private"
            iconColor: header.chat.hasPrivateChat ? Theme.accent : hovered || visualFocus ? Theme.text : Theme.textMuted
            text: header.chat.hasPrivateChat ? qsTr("Back to the private chat") : qsTr("New private chat")
            keys: "Ctrl+Shift+N"
            onClicked: header.chat.openPrivate()
        }
    }
}
