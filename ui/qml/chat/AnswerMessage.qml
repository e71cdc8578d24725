import QtQuick
import QtQuick.Layouts
import Kvasir

// The model's answer: text on the surface, what became of it, and one line of figures.
Item {
    id: message

    required property ChatController chat
    required property MessageEdit edit
    required property MessageFinder finder
    required property int messageRow
    required property var messageId
    required property int alternative // from 1
    required property int alternatives
    required property string editedText // empty: it was not
    required property MarkdownBlockModel blocks
    required property int status
    required property string error
    required property string usage
    required property real hitFraction
    required property real diskFraction
    required property int prefillDone
    required property int prefillTotal
    required property string prefillRemainingText
    required property string reasoningText // empty: it was not thought about
    required property MarkdownBlockModel reasoningBlocks
    required property bool reasoningOpen
    required property bool thinking
    required property bool silent // the model ended it without a word
    required property bool isLast
    required property bool modelLoading
    required property bool summarising
    required property bool active // pointed at: the actions show

    readonly property bool editing: messageId === edit.messageId
    readonly property bool waiting: status === MessageListModel.Waiting
    readonly property bool live: waiting || status === MessageListModel.Streaming
    readonly property bool failed: status === MessageListModel.Failed
    readonly property bool broken: failed || silent || status === MessageListModel.Interrupted
    readonly property bool cut: status === MessageListModel.Stopped || status === MessageListModel.Length

    implicitHeight: body.implicitHeight + foot.height

    Column {
        id: body
        width: parent.width
        spacing: Theme.space3

        Loader {
            active: message.reasoningText.length > 0
            visible: active
            width: parent.width
            sourceComponent: ReasoningFold {
                text: message.reasoningText
                blocks: message.reasoningBlocks
                open: message.reasoningOpen
                thinking: message.thinking
                finder: message.finder
                messageRow: message.messageRow
                onToggled: message.chat.setReasoningOpen(message.messageId, !message.reasoningOpen)
                onCopyRequested: text => message.chat.copyText(text)
            }
        }
        MarkdownBlocks {
            width: parent.width
            visible: !message.waiting && !message.editing && height > 0
            blocks: message.blocks
            finder: message.finder
            row: message.messageRow
            onCopyRequested: text => message.chat.copyText(text)
        }
        Loader {
            active: message.editing
            visible: active
            width: parent.width
            sourceComponent: MessageEditor {
                edit: message.edit
                isUser: false
            }
        }
        Loader {
            active: message.waiting
            visible: active
            sourceComponent: PrefillBar {
                objectName: "prefillBar"
                done: message.prefillDone
                total: message.prefillTotal
                remaining: message.prefillRemainingText
                modelLoading: message.modelLoading
                summarising: message.summarising
            }
        }
        Loader {
            active: message.broken
            visible: active
            width: parent.width
            sourceComponent: MessageNote {
                failed: message.failed
                actionText: message.failed ? qsTr("Try again") : qsTr("Go on")
                text: message.status === MessageListModel.Interrupted
                    ? qsTr("Kvasir was closed before this answer was finished.")
                    : message.silent ? qsTr("The model ended without an answer.")
                    : message.error.length > 0 ? message.error : qsTr("This answer failed.")
                canRetry: message.isLast
                onRetry: message.chat.retry()
            }
        }
    }
    Item {
        id: foot
        anchors.top: body.bottom
        width: parent.width
        height: Math.max(36, usageLine.implicitHeight + Theme.space3)

        RowLayout {
            anchors.fill: parent
            spacing: Theme.space2
            Loader {
                active: message.alternatives > 1
                visible: active
                Layout.leftMargin: -Theme.space2 // the icon, not its room, stands in line with the text
                sourceComponent: AlternativeSwitch {
                    chat: message.chat
                    messageId: message.messageId
                    alternative: message.alternative
                    alternatives: message.alternatives
                    isUser: false
                }
            }
            Loader {
                active: message.editedText.length > 0
                visible: active
                sourceComponent: EditedMark { editedText: message.editedText }
            }
            UsageLine {
                id: usageLine
                Layout.fillWidth: true
                opacity: usage.length > 0 || outcome.length > 0 ? 1 : 0
                usage: message.usage
                outcome: message.status === MessageListModel.Stopped ? qsTr("Stopped")
                    : message.status === MessageListModel.Length ? qsTr("Cut at the length limit") : ""
                hitFraction: message.hitFraction
                diskFraction: message.diskFraction
            }
            Loader {
                active: message.cut && message.isLast
                visible: active
                sourceComponent: IconButton {
                    objectName: "goOnButton"
                    implicitWidth: 28
                    implicitHeight: 28
                    iconSize: Theme.iconSizeSmall
                    iconName: "go-on"
                    text: qsTr("Go on with this answer")
                    onClicked: message.chat.retry()
                }
            }
            Item { // where the room is, the actions have their own; otherwise they cover the end of the line
                visible: foot.width > 600
                implicitWidth: actions.room
            }
        }
        Rectangle {
            anchors.fill: actions
            anchors.leftMargin: -Theme.space2
            color: Theme.surface
            opacity: actions.opacity
            visible: opacity > 0
        }
        MessageActions {
            id: actions
            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            chat: message.chat
            edit: message.edit
            messageId: message.messageId
            isUser: false
            isLast: message.isLast
            wanted: message.active
            live: message.live
            goesOn: message.isLast && message.status === MessageListModel.Complete && !message.silent
        }
    }
}
