import QtQuick
import QtQuick.Layouts
import Kvasir

// The model's answer: text on the surface, what became of it, and one line of figures.
Item {
    id: message

    required property var blocks
    required property int status
    required property string error
    required property string usage
    required property real hitFraction
    required property real diskFraction
    required property int prefillDone
    required property int prefillTotal
    required property string prefillRemainingText
    required property string reasoningText // empty: it was not thought about
    required property var reasoningBlocks
    required property bool reasoningOpen
    required property bool thinking
    required property bool silent // the model ended it without a word
    required property bool isLast
    required property bool modelLoading
    required property bool active
    signal copyRequested
    signal copyTextRequested(string text)
    signal retryRequested
    signal reasoningToggled

    readonly property bool waiting: status === MessageListModel.Waiting
    readonly property bool live: waiting || status === MessageListModel.Streaming
    readonly property bool failed: status === MessageListModel.Failed
    readonly property bool broken: failed || silent || status === MessageListModel.Interrupted
    readonly property bool cut: status === MessageListModel.Stopped || status === MessageListModel.Length
    readonly property bool actionsShown: active || copy.activeFocus

    implicitHeight: body.implicitHeight + foot.height

    Column {
        id: body
        width: parent.width
        spacing: Theme.space3

        ReasoningFold {
            width: parent.width
            visible: text.length > 0
            text: message.reasoningText
            blocks: message.reasoningBlocks
            open: message.reasoningOpen
            thinking: message.thinking
            onToggled: message.reasoningToggled()
            onCopyRequested: text => message.copyTextRequested(text)
        }
        MarkdownBlocks {
            width: parent.width
            visible: !message.waiting && height > 0
            blocks: message.blocks
            onCopyRequested: text => message.copyTextRequested(text)
        }
        PrefillBar {
            objectName: "prefillBar"
            visible: message.waiting
            done: message.prefillDone
            total: message.prefillTotal
            remaining: message.prefillRemainingText
            modelLoading: message.modelLoading
        }
        MessageNote {
            width: parent.width
            visible: message.broken
            failed: message.failed
            actionText: message.failed ? qsTr("Try again") : qsTr("Go on")
            text: message.status === MessageListModel.Interrupted
                ? qsTr("Kvasir was closed before this answer was finished.")
                : message.silent ? qsTr("The model ended without an answer.")
                : message.error.length > 0 ? message.error : qsTr("This answer failed.")
            canRetry: message.isLast
            onRetry: message.retryRequested()
        }
    }
    RowLayout {
        id: foot
        anchors.top: body.bottom
        width: parent.width
        height: Math.max(36, usageLine.implicitHeight + Theme.space3)
        spacing: Theme.space2
        UsageLine {
            id: usageLine
            Layout.fillWidth: true
            visible: usage.length > 0 || outcome.length > 0
            usage: message.usage
            outcome: message.status === MessageListModel.Stopped ? qsTr("Stopped")
                : message.status === MessageListModel.Length ? qsTr("Cut at the length limit") : ""
            hitFraction: message.hitFraction
            diskFraction: message.diskFraction
        }
        Item {
            Layout.fillWidth: true
            visible: !usageLine.visible
        }
        IconButton {
            objectName: "goOnButton"
            visible: message.cut && message.isLast
            implicitWidth: 28
            implicitHeight: 28
            iconSize: Theme.iconSizeSmall
            iconName: "go-on"
            text: qsTr("Go on with this answer")
            onClicked: message.retryRequested()
        }
        IconButton {
            id: copy
            enabled: !message.live
            opacity: message.actionsShown && enabled ? 1 : 0
            implicitWidth: 28
            implicitHeight: 28
            iconSize: Theme.iconSizeSmall
            iconName: "copy"
            text: qsTr("Copy answer")
            onClicked: message.copyRequested()
            Behavior on opacity { NumberAnimation { duration: Theme.durationFast } }
        }
    }
}
