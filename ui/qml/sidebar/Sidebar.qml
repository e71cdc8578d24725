import QtQuick
import QtQuick.Layouts
import Kvasir

// All chats.
Rectangle {
    id: sidebar

    required property ChatController chat
    required property ChatListController chats
    required property SearchController search
    required property TransferController transfer
    required property ProfileController profiles
    required property UiSettings settings
    signal hideRequested
    signal chosen
    signal manageProfilesRequested
    signal storageRequested
    signal settingsRequested
    signal keysRequested
    signal importRequested
    signal exportRequested(var chatId, string title)

    function focusSearch() {
        searchField.forceActiveFocus();
        searchField.selectAll();
    }

    color: Theme.surfaceSunken
    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Chats")

    Rectangle {
        anchors.right: parent.right
        width: 1
        height: parent.height
        color: Theme.outline
    }
    ColumnLayout {
        anchors.fill: parent
        anchors.rightMargin: 1
        spacing: 0

        RowLayout {
            Layout.fillWidth: true
            Layout.preferredHeight: Theme.headerHeight
            Layout.leftMargin: Theme.space4
            Layout.rightMargin: Theme.space3
            spacing: Theme.space2
            Image {
                Layout.preferredWidth: 24
                Layout.preferredHeight: 24
                sourceSize: Qt.size(48, 48)
                source: "qrc:/kvasir/icons/kvasir.svg"
                Accessible.ignored: true
            }
            TextLabel {
                Layout.fillWidth: true
                text: "Kvasir"
                font.pixelSize: Theme.sizeBody
                font.weight: Font.DemiBold
            }
            IconButton {
                objectName: "hideSidebarButton"
                iconName: "sidebar"
                text: qsTr("Hide chats")
                keys: "Ctrl+B"
                onClicked: sidebar.hideRequested()
            }
        }
        RowLayout {
            Layout.fillWidth: true
            Layout.leftMargin: Theme.space3
            Layout.rightMargin: Theme.space3
            spacing: Theme.space1
            PushButton {
                objectName: "newChatButton"
                Layout.fillWidth: true
                Layout.preferredHeight: Theme.rowHeight
                iconName: "new-chat"
                text: qsTr("New chat")
                onClicked: {
                    sidebar.chat.newChat();
                    sidebar.chosen();
                }
            }
            IconButton {
                objectName: "newFolderButton"
                iconName: "new-folder"
                text: qsTr("New folder")
                onClicked: {
                    sidebar.search.clear();
                    sidebar.chats.createFolder(0);
                }
            }
        }
        SearchField {
            id: searchField
            objectName: "searchField"
            Layout.fillWidth: true
            Layout.leftMargin: Theme.space3
            Layout.rightMargin: Theme.space3
            Layout.topMargin: Theme.space2
            search: sidebar.search
            onLeftDownwards: sidebar.search.active ? results.focusFirst() : list.focusRow(0, 1)
        }
        ChatList {
            id: list
            objectName: "conversationList"
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.topMargin: Theme.space2
            visible: !sidebar.search.active
            chat: sidebar.chat
            chats: sidebar.chats
            onChosen: sidebar.chosen()
            onExportRequested: (chatId, title) => sidebar.exportRequested(chatId, title)
        }
        SearchResults {
            id: results
            objectName: "searchResults"
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.topMargin: Theme.space2
            visible: sidebar.search.active
            search: sidebar.search
            onLeftUpwards: searchField.forceActiveFocus()
            onChosen: (conversationId, messageId) => {
                sidebar.chat.openAt(conversationId, messageId);
                sidebar.chosen();
            }
        }
        NoticeBar {
            objectName: "transferBar"
            Layout.fillWidth: true
            Layout.leftMargin: Theme.space3
            Layout.rightMargin: Theme.space3
            Layout.bottomMargin: Theme.space2
            visible: sidebar.transfer.told
            text: sidebar.transfer.sentence
            iconName: sidebar.transfer.failed ? "alert" : ""
            iconColor: Theme.danger
            actionText: sidebar.transfer.busy ? qsTr("Stop") : ""
            actionObjectName: "stopTransferButton"
            dismissible: !sidebar.transfer.busy
            onAction: sidebar.transfer.stop()
            onDismissed: sidebar.transfer.dismiss()
        }
        NoticeBar {
            objectName: "undoBar"
            Layout.fillWidth: true
            Layout.leftMargin: Theme.space3
            Layout.rightMargin: Theme.space3
            visible: sidebar.chats.canUndoDelete
            text: qsTr("“%1” deleted").arg(sidebar.chats.deletedTitle)
            actionText: qsTr("Undo")
            actionObjectName: "undoButton"
            onAction: sidebar.chats.undoRemove()
            onDismissed: sidebar.chats.dismissUndo()
            HoverHandler { id: undoHover }
            Timer {
                running: sidebar.chats.canUndoDelete && !undoHover.hovered
                interval: Theme.undoTime
                onTriggered: sidebar.chats.dismissUndo()
            }
        }
        SidebarFoot {
            Layout.fillWidth: true
            Layout.preferredHeight: 52
            Layout.leftMargin: Theme.space3
            Layout.rightMargin: Theme.space3
            profiles: sidebar.profiles
            transfer: sidebar.transfer
            settings: sidebar.settings
            hasChats: list.count > 0
            onManageProfilesRequested: sidebar.manageProfilesRequested()
            onStorageRequested: sidebar.storageRequested()
            onSettingsRequested: sidebar.settingsRequested()
            onKeysRequested: sidebar.keysRequested()
            onImportRequested: sidebar.importRequested()
            onExportRequested: sidebar.exportRequested(0, "")
        }
    }
}
