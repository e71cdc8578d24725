import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Kvasir

// Where the person writes: grows to eight lines, then scrolls.
Rectangle {
    id: composer

    required property ChatController chat
    required property ModelController models
    required property ContextController context
    signal managePromptsRequested(bool ownPrompt)
    signal pickModelRequested
    signal editLastRequested
    readonly property bool canSend: area.text.trim().length > 0 && !chat.generating
        && models.state !== ModelController.Failed && models.state !== ModelController.NoModel
    readonly property real eightLines: 8 * Math.ceil(metrics.lineSpacing) + area.topPadding + area.bottomPadding

    function focusInput() { area.forceActiveFocus(); }
    function send() {
        if (canSend)
            chat.send(area.text);
    }
    // Keys that are for the messages above while nothing is written here. Whether it was one.
    function handleEmpty(key: int): bool {
        if (key === Qt.Key_Up)
            composer.editLastRequested();
        else if (key === Qt.Key_Left || key === Qt.Key_Right)
            return chat.swipeLast(key === Qt.Key_Left ? -1 : 1);
        else
            return false;
        return true;
    }

    implicitHeight: flick.height + tools.height + Theme.space2
    radius: Theme.radiusComposer
    color: Theme.surfaceRaised
    border.width: 1
    border.color: area.activeFocus ? Theme.outlineStrong : Theme.outline
    Behavior on border.color { ColorAnimation { duration: Theme.durationFast } }

    FontMetrics {
        id: metrics
        font: area.font
    }
    Flickable {
        id: flick
        width: parent.width
        height: Math.min(area.implicitHeight, composer.eightLines)
        contentWidth: width
        contentHeight: area.implicitHeight
        clip: true
        interactive: contentHeight > height
        boundsBehavior: Flickable.StopAtBounds
        T.ScrollBar.vertical: SlimScrollBar {}
        T.TextArea.flickable: T.TextArea {
            id: area
            objectName: "composerInput"
            implicitHeight: contentHeight + topPadding + bottomPadding
            leftPadding: Theme.space4
            rightPadding: Theme.space4
            topPadding: Theme.space3 + 2
            bottomPadding: Theme.space1
            color: Theme.text
            font.family: Theme.family
            font.pixelSize: Theme.sizeBody
            wrapMode: TextEdit.Wrap
            textFormat: TextEdit.PlainText
            selectByMouse: true
            selectionColor: Theme.selection
            selectedTextColor: Theme.text
            focus: true
            Accessible.role: Accessible.EditableText
            Accessible.name: qsTr("Message")
            Accessible.multiLine: true
            onTextChanged: composer.chat.draft = text
            Component.onCompleted: text = composer.chat.draft
            Keys.onPressed: event => {
                const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter;
                if (enter && !(event.modifiers & (Qt.ShiftModifier | Qt.ControlModifier))) {
                    composer.send();
                    event.accepted = true;
                } else if (area.length === 0 && event.modifiers === Qt.NoModifier && composer.handleEmpty(event.key)) {
                    event.accepted = true;
                } else if (event.key === Qt.Key_Tab || event.key === Qt.Key_Backtab) {
                    const forward = event.key === Qt.Key_Tab;
                    nextItemInFocusChain(forward).forceActiveFocus(forward ? Qt.TabFocusReason : Qt.BacktabFocusReason);
                    event.accepted = true;
                }
            }
            Connections {
                target: composer.chat
                function onDraftChanged() {
                    if (area.text !== composer.chat.draft) {
                        area.text = composer.chat.draft;
                        area.cursorPosition = area.length;
                    }
                }
            }
            TextLabel {
                x: area.leftPadding
                y: area.topPadding
                width: area.width - area.leftPadding - area.rightPadding
                visible: area.length === 0 && area.preeditText.length === 0
                text: qsTr("Write a message")
                font.pixelSize: Theme.sizeBody
                color: Theme.textMuted
                Accessible.ignored: true
            }
        }
    }
    RowLayout {
        id: tools
        readonly property int beside: 36 + spacing + (thinking.visible ? thinking.width + spacing : 0)
            + (meter.visible ? meter.width + spacing : 0)
        readonly property int chipWidth: (width - beside - 2 * spacing) / 2 // what is beside the rest, shared
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.margins: Theme.space2
        height: Math.max(36, Theme.controlHeight)
        spacing: Theme.space1
        ModelChip {
            models: composer.models
            onPickRequested: composer.pickModelRequested()
            maximumWidth: Math.min(260, tools.chipWidth)
        }
        PromptMenu {
            chat: composer.chat
            maximumWidth: Math.min(260, tools.chipWidth)
            onManageRequested: ownPrompt => composer.managePromptsRequested(ownPrompt)
        }
        ThinkingChip {
            id: thinking
            chat: composer.chat
            compact: tools.width < Theme.scaled(560)
            maximumWidth: Math.min(180, tools.width / 3)
        }
        Item { Layout.fillWidth: true }
        ContextMeter {
            id: meter
            context: composer.context
        }
        IconButton {
            objectName: "stopButton"
            visible: composer.chat.generating
            Layout.preferredWidth: 36
            Layout.preferredHeight: 36
            fill: Theme.accentSoft
            iconName: "stop"
            iconColor: Theme.accent
            text: qsTr("Stop")
            keys: "Esc"
            onClicked: composer.chat.stop()
        }
        IconButton {
            objectName: "sendButton"
            visible: !composer.chat.generating
            enabled: composer.canSend
            Layout.preferredWidth: 36
            Layout.preferredHeight: 36
            fill: composer.canSend ? Theme.accent : Theme.surfaceSunken
            iconName: "send"
            iconColor: composer.canSend ? Theme.accentInk : Theme.textMuted
            opacity: 1
            text: qsTr("Send")
            keys: qsTr("Enter")
            onClicked: composer.send()
        }
    }
}
