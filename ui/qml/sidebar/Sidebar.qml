import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Kvasir

// All chats.
Rectangle {
    id: sidebar

    required property ChatController chat
    required property ChatListController chats
    required property ProfileController profiles
    required property UiSettings settings
    signal hideRequested
    signal chosen
    signal manageProfilesRequested
    signal storageRequested

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
        PushButton {
            objectName: "newChatButton"
            Layout.fillWidth: true
            Layout.leftMargin: Theme.space3
            Layout.rightMargin: Theme.space3
            Layout.preferredHeight: Theme.rowHeight
            iconName: "new-chat"
            text: qsTr("New chat")
            onClicked: {
                sidebar.chat.newChat();
                sidebar.chosen();
            }
        }
        ListView {
            id: list
            objectName: "conversationList"
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.topMargin: Theme.space2
            clip: true
            reuseItems: true
            boundsBehavior: Flickable.StopAtBounds
            model: sidebar.chats.conversations
            spacing: 2
            currentIndex: -1
            footer: Item { height: Theme.space3 }
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Chats")
            T.ScrollBar.vertical: SlimScrollBar {}

            TextLabel {
                parent: list // not its scrolled content, which begins anywhere while it is empty
                x: Theme.space6
                y: Theme.space3
                visible: list.count === 0
                text: qsTr("Your chats will be here.")
                color: Theme.textMuted
            }

            section.property: "section"
            section.delegate: TextLabel {
                required property string section
                leftPadding: Theme.space6
                topPadding: Theme.space3
                bottomPadding: Theme.space1
                text: section
                font.pixelSize: Theme.sizeSmall
                font.weight: Font.Medium
                color: Theme.textMuted
            }
            delegate: ConversationRow {
                x: Theme.space3
                width: ListView.view.width - 2 * Theme.space3
                current: conversationId === sidebar.chat.currentId
                onClicked: {
                    sidebar.chat.open(conversationId);
                    sidebar.chosen();
                }
                onRenamed: title => sidebar.chats.rename(conversationId, title)
                onRemoved: sidebar.chats.remove(conversationId)
                Keys.onDownPressed: nextRow(1)
                Keys.onUpPressed: nextRow(-1)
                required property int index
                function nextRow(step: int) {
                    list.positionViewAtIndex(Math.max(0, Math.min(list.count - 1, index + step)), ListView.Contain);
                    const item = list.itemAtIndex(index + step);
                    if (item)
                        item.forceActiveFocus(Qt.TabFocusReason);
                }
            }
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
        RowLayout {
            Layout.fillWidth: true
            Layout.preferredHeight: 52
            Layout.leftMargin: Theme.space3
            Layout.rightMargin: Theme.space3
            spacing: 0
            ProfileChip {
                maximumWidth: Theme.sidebarWidth - 2 * Theme.space3 - 2 * Theme.controlHeight - Theme.space2
                profiles: sidebar.profiles
                onManageRequested: sidebar.manageProfilesRequested()
            }
            Item { Layout.fillWidth: true }
            IconButton {
                objectName: "storageButton"
                iconName: "storage"
                text: qsTr("Storage")
                onClicked: sidebar.storageRequested()
            }
            IconButton {
                id: appearance
                objectName: "appearanceButton"
                iconName: "appearance"
                text: qsTr("Appearance")
                hinted: !menu.opened
                onClicked: menu.opened ? menu.close() : menu.open()
                AppearanceMenu {
                    id: menu
                    settings: sidebar.settings
                    y: -implicitHeight - Theme.space2
                }
            }
        }
    }
}
