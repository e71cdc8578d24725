import QtQuick
import Kvasir

// One chat: its title, its messages, and where to write.
Item {
    id: page

    required property ChatController chat
    required property ModelController models
    required property ContextController context
    required property bool sidebarDocked
    signal sidebarToggled
    signal managePromptsRequested(bool ownPrompt)
    signal pickModelRequested

    readonly property bool empty: messages.count === 0 && !chat.loadingMessages && !chat.generating

    onEmptyChanged: if (empty) findBar.close()
    function focusComposer() { composer.focusInput(); }

    Shortcut { sequence: StandardKey.Find; enabled: !page.empty; onActivated: findBar.open() }
    ChatHeader {
        id: header
        width: parent.width
        chat: page.chat
        sidebarDocked: page.sidebarDocked
        onSidebarToggled: page.sidebarToggled()
    }
    Rectangle {
        anchors.top: header.bottom
        width: parent.width
        height: 1
        color: Theme.outline
        opacity: messages.contentY > messages.originY + 1 ? 1 : 0
        Behavior on opacity { NumberAnimation { duration: Theme.durationFast } }
    }
    MessageList {
        id: messages
        objectName: "messageList"
        anchors.top: header.bottom
        anchors.topMargin: 1
        anchors.bottom: deleted.visible ? deleted.top : notice.visible ? notice.top : composer.top
        width: parent.width
        chat: page.chat
        models: page.models
        context: page.context
        visible: !page.empty
        finder: finder
        topRoom: findBar.opened ? findBar.height + Theme.space3 : 0
        edit.onEnded: composer.focusInput()
    }
    MessageFinder {
        id: finder
        messages: page.chat.messages
    }
    FindBar {
        id: findBar
        objectName: "findBar"
        anchors.top: header.bottom
        anchors.right: parent.right
        anchors.margins: Theme.space3
        z: 1
        width: Math.min(implicitWidth, parent.width - 2 * Theme.space3)
        finder: finder
        list: messages
        onClosed: composer.focusInput()
    }
    EmptyState {
        anchors.top: header.bottom
        anchors.bottom: deleted.visible ? deleted.top : notice.visible ? notice.top : composer.top
        width: parent.width
        chat: page.chat
        models: page.models
        visible: page.empty
    }
    IconButton {
        id: jump
        objectName: "jumpButton"
        readonly property bool wanted: !messages.sticksToEnd && messages.visible && messages.distanceToEnd > Theme.space6
        anchors.horizontalCenter: messages.horizontalCenter
        anchors.bottom: messages.bottom
        anchors.bottomMargin: Theme.space2
        visible: opacity > 0
        opacity: wanted ? 1 : 0
        implicitWidth: 36
        implicitHeight: 36
        iconName: "down"
        text: qsTr("Go to the newest message")
        onClicked: messages.toEnd()
        Behavior on opacity { NumberAnimation { duration: Theme.durationFast } }
        background: Rectangle {
            radius: width / 2
            color: Theme.surfaceRaised
            border.width: 1
            border.color: jump.hovered ? Theme.textMuted : Theme.outline
            FocusRing {
                shown: jump.visualFocus
                radius: width / 2
            }
        }
    }
    DeletedNotice {
        id: deleted
        objectName: "deletedNotice"
        anchors.bottom: notice.visible ? notice.top : composer.top
        anchors.bottomMargin: Theme.space2
        anchors.horizontalCenter: parent.horizontalCenter
        width: composer.width
        chat: page.chat
    }
    ChatNotice {
        id: notice
        objectName: "noticeBar"
        anchors.bottom: composer.top
        anchors.bottomMargin: Theme.space2
        anchors.horizontalCenter: parent.horizontalCenter
        width: composer.width
        chat: page.chat
        models: page.models
        context: page.context
        onPickModelRequested: page.pickModelRequested()
    }
    Composer {
        id: composer
        anchors.bottom: parent.bottom
        anchors.bottomMargin: Theme.space5
        anchors.horizontalCenter: parent.horizontalCenter
        width: Math.min(Theme.columnWidth + 2 * Theme.space4, parent.width - 2 * Theme.space4)
        chat: page.chat
        models: page.models
        context: page.context
        onPickModelRequested: page.pickModelRequested()
        onEditLastRequested: messages.edit.begin(page.chat.lastOwnMessage())
        onManagePromptsRequested: ownPrompt => page.managePromptsRequested(ownPrompt)
    }
}
