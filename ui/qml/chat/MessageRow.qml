import QtQuick
import Kvasir

// A message of the list, below the line where the model begins to read, if it is the first that it reads.
Item {
    id: row

    required property ChatController chat
    required property ModelController models
    required property ContextController context
    required property MessageEdit edit
    required property MessageFinder finder
    required property int columnWidth
    required property bool marked // what was sought, for a moment
    required property bool isLast
    required property bool passing // the list is being scrolled

    // Of the model.
    required property int index
    required property var messageId
    required property bool isUser
    required property int status
    required property bool isSilent
    required property MarkdownBlockModel blocks
    required property string error
    required property string usageText
    required property real hitFraction
    required property real diskFraction
    required property int prefillDone
    required property int prefillTotal
    required property string prefillRemainingText
    required property string reasoningText
    required property MarkdownBlockModel reasoningBlocks
    required property bool reasoningOpen
    required property bool isThinking
    required property int alternative
    required property int alternatives
    required property string editedText
    required property bool beginsContext
    required property string contextSummary

    height: beginning.height + (content.item ? Math.ceil(content.item.implicitHeight) : 0) // whole pixels keep text sharp

    Rectangle {
        objectName: "soughtMark"
        anchors.horizontalCenter: parent.horizontalCenter
        width: row.columnWidth + 2 * Theme.space3
        height: parent.height
        radius: Theme.radiusCard
        color: Theme.accentSoft
        visible: opacity > 0
        opacity: row.marked ? 1 : 0
        Behavior on opacity { NumberAnimation { duration: Theme.durationSlow } }
    }
    HoverHandler { id: hover }
    Loader {
        id: beginning
        anchors.horizontalCenter: parent.horizontalCenter
        width: row.columnWidth
        height: item ? Math.ceil(item.implicitHeight) : 0
        active: row.beginsContext
        sourceComponent: ContextBreak {
            summary: row.contextSummary
            onReadAgainRequested: row.context.readAgain(row.messageId)
        }
    }
    Loader {
        id: content
        anchors.top: beginning.bottom
        anchors.horizontalCenter: parent.horizontalCenter
        width: row.columnWidth
        sourceComponent: row.isUser ? user : answer
    }
    Component {
        id: user
        UserMessage {
            width: content.width
            chat: row.chat
            edit: row.edit
            finder: row.finder
            messageRow: row.index
            messageId: row.messageId
            blocks: row.blocks
            alternative: row.alternative
            alternatives: row.alternatives
            editedText: row.editedText
            isLast: row.isLast
            active: hover.hovered && !row.passing
        }
    }
    Component {
        id: answer
        AnswerMessage {
            width: content.width
            chat: row.chat
            edit: row.edit
            finder: row.finder
            messageRow: row.index
            messageId: row.messageId
            blocks: row.blocks
            status: row.status
            error: row.error
            usage: row.usageText
            hitFraction: row.hitFraction
            diskFraction: row.diskFraction
            prefillDone: row.prefillDone
            prefillTotal: row.prefillTotal
            prefillRemainingText: row.prefillRemainingText
            reasoningText: row.reasoningText
            reasoningBlocks: row.reasoningBlocks
            reasoningOpen: row.reasoningOpen
            thinking: row.isThinking
            silent: row.isSilent
            modelLoading: row.models.state === ModelController.Loading
            isLast: row.isLast
            summarising: row.context.summarising
            active: hover.hovered && !row.passing
            alternative: row.alternative
            alternatives: row.alternatives
            editedText: row.editedText
        }
    }
}
