import QtQuick
import Kvasir

// What can be done with a chat of the list.
MenuPanel {
    id: menu

    required property ChatListController chats
    required property var conversationId
    required property bool pinned
    required property var folderId
    signal exportRequested
    signal renameRequested // to be done once it is closed

    contentWidth: 220
    accessibleName: qsTr("Chat")
    onOpened: renameRow.forceActiveFocus(Qt.TabFocusReason)

    MenuRow {
        id: renameRow
        objectName: "renameRow"
        iconName: "rename"
        text: qsTr("Rename")
        detail: "F2"
        onClicked: {
            menu.renameRequested();
            menu.close();
        }
    }
    MenuRow {
        objectName: "pinRow"
        iconName: menu.pinned ? "unpin" : "pin"
        text: menu.pinned ? qsTr("Unpin") : qsTr("Pin")
        onClicked: {
            menu.close();
            menu.chats.setPinned(menu.conversationId, !menu.pinned);
        }
    }
    MenuRow {
        objectName: "exportRow"
        iconName: "export"
        text: qsTr("Export…")
        onClicked: {
            menu.close();
            menu.exportRequested();
        }
    }
    MenuRow {
        objectName: "deleteRow"
        iconName: "delete"
        text: qsTr("Delete")
        detail: qsTr("Del")
        onClicked: {
            menu.close();
            menu.chats.remove(menu.conversationId);
        }
    }
    TextLabel {
        leftPadding: Theme.space2
        topPadding: Theme.space2
        bottomPadding: Theme.space1
        text: qsTr("Folder")
        font.pixelSize: Theme.sizeSmall
        color: Theme.textMuted
    }
    MenuRow {
        objectName: "noFolderRow"
        text: qsTr("None")
        chosen: menu.folderId === 0
        onClicked: {
            menu.close();
            menu.chats.moveToFolder(menu.conversationId, 0);
        }
    }
    Repeater {
        model: menu.chats.folders
        MenuRow {
            required property var modelData
            objectName: "toFolderRow"
            iconName: "folder"
            text: modelData.name
            chosen: menu.folderId === modelData.id
            onClicked: {
                menu.close();
                menu.chats.moveToFolder(menu.conversationId, modelData.id);
            }
        }
    }
    MenuRow {
        objectName: "newFolderRow"
        iconName: "new-folder"
        text: qsTr("New folder")
        onClicked: {
            menu.close();
            menu.chats.createFolder(menu.conversationId);
        }
    }
}
