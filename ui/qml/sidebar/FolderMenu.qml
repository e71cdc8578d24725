import QtQuick
import Kvasir

// What can be done with a folder of the list.
MenuPanel {
    id: menu

    required property ChatListController chats
    required property var folderId
    signal renameRequested // to be done once it is closed

    contentWidth: 220
    accessibleName: qsTr("Folder")
    onOpened: renameRow.forceActiveFocus(Qt.TabFocusReason)

    MenuRow {
        id: renameRow
        objectName: "renameFolderRow"
        iconName: "rename"
        text: qsTr("Rename")
        detail: "F2"
        onClicked: {
            menu.renameRequested();
            menu.close();
        }
    }
    MenuRow {
        iconName: "up"
        text: qsTr("Move up")
        detail: qsTr("Alt+Up")
        onClicked: {
            menu.close();
            menu.chats.moveFolder(menu.folderId, -1);
        }
    }
    MenuRow {
        iconName: "down"
        text: qsTr("Move down")
        detail: qsTr("Alt+Down")
        onClicked: {
            menu.close();
            menu.chats.moveFolder(menu.folderId, 1);
        }
    }
    MenuRow {
        objectName: "deleteFolderRow"
        iconName: "delete"
        text: qsTr("Delete, keep its chats")
        onClicked: {
            menu.close();
            menu.chats.removeFolder(menu.folderId);
        }
    }
}
