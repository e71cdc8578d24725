import QtQuick
import Kvasir

// What can be done with a message: there while it is pointed at or has the focus, in room that is kept for it. One stop of
// Tab; Left and Right go on from there.
FocusScope {
    id: actions

    required property ChatController chat
    required property MessageEdit edit
    required property var messageId
    required property bool isUser
    required property bool isLast
    required property bool wanted // the message is pointed at
    property bool live: false // an answer that is being written
    property bool goesOn: false // the answer can be gone on with

    readonly property bool shown: (wanted || activeFocus) && !live
    readonly property int room: 6 * 28 // of all buttons

    function step(forward: bool) {
        const buttons = Array.from(bar.item.children).filter(button => button.visible && button.enabled);
        const here = buttons.findIndex(button => button.activeFocus);
        const next = buttons[here + (forward ? 1 : -1)];
        if (next !== undefined)
            next.forceActiveFocus(Qt.TabFocusReason);
    }

    implicitWidth: bar.implicitWidth
    implicitHeight: 28
    enabled: !live
    opacity: shown ? 1 : 0
    activeFocusOnTab: true // and its buttons are not: Tab leaves all of them
    onActiveFocusChanged: if (activeFocus && bar.item) step(true)
    Accessible.role: Accessible.ToolBar
    Accessible.name: isUser ? qsTr("Actions for your message") : qsTr("Actions for the answer")
    Accessible.focusable: true
    Keys.onLeftPressed: step(false)
    Keys.onRightPressed: step(true)
    Behavior on opacity { NumberAnimation { duration: Theme.durationFast } }

    Loader {
        id: bar
        active: actions.shown || actions.opacity > 0 // few of many messages have it
        sourceComponent: buttons
        onLoaded: if (actions.activeFocus) actions.step(true)
    }
    Component {
        id: buttons
        Row {
            MessageButton {
                objectName: "copyButton"
                iconName: "copy"
                text: actions.isUser ? qsTr("Copy message") : qsTr("Copy answer")
                onClicked: actions.chat.copyMessage(actions.messageId)
            }
            MessageButton {
                objectName: "editButton"
                enabled: !actions.chat.generating
                iconName: "rename"
                text: qsTr("Edit")
                keys: actions.isUser && actions.isLast ? qsTr("Up") : ""
                onClicked: actions.edit.begin(actions.messageId)
            }
            MessageButton {
                objectName: "goOnHereButton"
                visible: actions.goesOn
                enabled: !actions.chat.generating
                iconName: "go-on"
                text: qsTr("Go on with this answer")
                onClicked: actions.chat.retry()
            }
            MessageButton {
                objectName: "regenerateButton"
                visible: !actions.isUser || actions.isLast
                enabled: !actions.chat.generating
                iconName: "retry"
                text: actions.isUser ? qsTr("Answer this") : qsTr("Another answer")
                keys: actions.isLast ? qsTr("Ctrl+Enter") : ""
                onClicked: actions.chat.regenerate(actions.messageId)
            }
            MessageButton {
                objectName: "forkButton"
                visible: !actions.chat.isPrivate // a fork is a chat like others
                iconName: "fork"
                text: qsTr("New chat from here")
                onClicked: actions.chat.fork(actions.messageId)
            }
            MessageButton {
                objectName: "deleteMessageButton"
                enabled: !actions.chat.generating
                iconName: "delete"
                iconColor: hovered || visualFocus ? Theme.danger : Theme.textMuted
                text: actions.isLast ? qsTr("Delete") : qsTr("Delete this and what follows")
                onClicked: actions.chat.deleteMessage(actions.messageId)
            }
        }
    }
}
