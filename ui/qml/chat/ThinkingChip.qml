import QtQuick
import Kvasir

// Whether the model thinks before it answers, and for how long; only for models that do.
Chip {
    id: chip

    required property ChatController chat
    property bool compact: false // there is no room for words
    readonly property string label: chat.thinking ? qsTr("Thinking") : qsTr("No thinking")
    readonly property var limits: [1024, 4096, 16384, 0]
    readonly property var limitNames: [qsTr("Short"), qsTr("Medium"), qsTr("Long"), qsTr("No limit")]
    readonly property int limit: limits.indexOf(chat.maxReasoningTokens)

    objectName: "thinkingChip"
    visible: chat.canThink
    iconName: "thinking"
    iconColor: compact && chat.thinking ? Theme.accent : Theme.textMuted
    text: compact ? "" : label
    Accessible.name: chat.thinking ? qsTr("Thinking before answers: on") : qsTr("Thinking before answers: off")
    onClicked: panel.opened ? panel.close() : panel.open()

    Hint {
        visible: chip.compact && chip.hovered && !panel.opened
        text: chip.label
    }
    MenuPanel {
        id: panel
        objectName: "thinkingPanel"
        y: -implicitHeight - Theme.space2
        contentWidth: 300
        padding: Theme.space4
        spacing: Theme.space2
        accessibleName: qsTr("Thinking")

        CheckRow {
            objectName: "thinkingSwitch"
            width: parent.width
            visible: chip.chat.thinkingOptional
            text: qsTr("Think before answering")
            checked: chip.chat.thinking
            onToggled: chip.chat.setThinking(checked, chip.chat.maxReasoningTokens)
        }
        TextLabel {
            text: qsTr("At most")
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
        }
        Segments {
            objectName: "thinkingLimits"
            width: parent.width
            enabled: chip.chat.thinking
            opacity: enabled ? 1 : 0.45
            accessibleName: qsTr("Thinking at most")
            choices: chip.limitNames
            current: chip.limit
            onChosen: index => chip.chat.setThinking(chip.chat.thinking, chip.limits[index])
        }
        TextLabel {
            objectName: "thinkingLimitText"
            width: parent.width
            wrapMode: Text.Wrap
            lineHeight: 1.35
            text: chip.chat.maxReasoningTokens > 0
                ? qsTr("After %1 tokens the answer begins.").arg(chip.chat.maxReasoningTokens.toLocaleString(Qt.locale(), "f", 0))
                : qsTr("It thinks for as long as it wants; a part of the context is left for the answer.")
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
        }
    }
}
