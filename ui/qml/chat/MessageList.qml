import QtQuick
import QtQuick.Templates as T
import Kvasir

// The messages of a chat. Follows the newest while it is at the end, and stays put once the person scrolls up.
ListView {
    id: list

    required property ChatController chat
    required property ModelController models
    property bool sticksToEnd: true
    property real lastY: 0
    property int markedRow: -1 // what was sought, for a moment
    readonly property MessageEdit edit: MessageEdit {
        chat: list.chat
        onBegun: id => list.positionViewAtIndex(list.chat.messages.rowOf(id), ListView.Contain)
    }
    readonly property real distanceToEnd: originY + contentHeight - contentY - height
    readonly property int columnWidth: Math.min(Theme.columnWidth, width - 2 * Theme.space6)

    function toEnd() {
        sticksToEnd = true;
        positionViewAtEnd();
    }
    function show(row: int) {
        sticksToEnd = false;
        positionViewAtIndex(row, ListView.Center);
        forceLayout(); // heights above were estimates
        positionViewAtIndex(row, ListView.Center);
        markedRow = row;
        unmark.restart();
    }
    function scrollBy(pixels: real) {
        const lowest = Math.max(originY, originY + contentHeight - height);
        sticksToEnd = false; // or new estimates of heights above would pull the view back
        contentY = Math.round(Math.max(originY, Math.min(lowest, contentY + pixels)));
        sticksToEnd = pixels > 0 && distanceToEnd < Theme.space2;
    }

    model: chat.messages
    clip: true
    reuseItems: true
    cacheBuffer: 1200 // made between frames, before they are seen
    boundsBehavior: Flickable.StopAtBounds
    spacing: Theme.space2
    header: Item { height: Theme.space6 }
    footer: Item { height: Theme.space4 }
    activeFocusOnTab: true
    keyNavigationEnabled: false
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Messages")

    onContentHeightChanged: if (sticksToEnd) positionViewAtEnd()
    onHeightChanged: if (sticksToEnd) positionViewAtEnd()
    onCountChanged: if (sticksToEnd) positionViewAtEnd()
    onContentYChanged: {
        // Only the person's own scrolling decides; a step up lets go at once, whatever streams in below.
        if (moving || flicking || dragging || bar.pressed) {
            if (contentY < lastY - 0.5)
                sticksToEnd = false;
            else if (distanceToEnd < Theme.space2)
                sticksToEnd = true;
        }
        lastY = contentY;
    }
    Keys.onPressed: event => {
        const page = height * 0.9;
        const steps = ({});
        steps[Qt.Key_PageUp] = -page;
        steps[Qt.Key_PageDown] = page;
        steps[Qt.Key_Up] = -Theme.sizeBody * 3;
        steps[Qt.Key_Down] = Theme.sizeBody * 3;
        if (event.key === Qt.Key_End)
            toEnd();
        else if (event.key === Qt.Key_Home)
            scrollBy(-contentHeight);
        else if (event.key in steps)
            scrollBy(steps[event.key]);
        else
            return;
        event.accepted = true;
    }
    Connections {
        target: list.chat
        function onCurrentChanged() {
            list.sticksToEnd = true;
            list.edit.messageId = 0;
        }
        function onMessageSent() { list.toEnd(); }
        function onMessageSought(row: int) { list.show(row); }
    }
    Timer {
        id: unmark
        interval: Theme.markTime
        onTriggered: list.markedRow = -1
    }

    WheelHandler {
        acceptedDevices: PointerDevice.Mouse | PointerDevice.TouchPad
        target: null
        onWheel: event => list.scrollBy(event.pixelDelta.y !== 0 ? -event.pixelDelta.y
            : -event.angleDelta.y / 120 * Theme.wheelStep)
    }
    T.ScrollBar.vertical: SlimScrollBar { id: bar }

    delegate: Item {
        id: row

        required property int index
        required property var messageId
        required property bool isUser
        required property int status
        required property string text
        required property var blocks
        required property string error
        required property string usageText
        required property real hitFraction
        required property real diskFraction
        required property int prefillDone
        required property int prefillTotal
        required property string prefillRemainingText
        required property string reasoningText
        required property var reasoningBlocks
        required property bool reasoningOpen
        required property bool isThinking
        required property int alternative
        required property int alternatives
        readonly property bool isLast: index === list.count - 1

        width: ListView.view.width
        height: content.item ? Math.ceil(content.item.implicitHeight) : 0 // whole pixels keep text sharp

        Rectangle {
            objectName: "soughtMark"
            anchors.horizontalCenter: parent.horizontalCenter
            width: list.columnWidth + 2 * Theme.space3
            height: parent.height
            radius: Theme.radiusCard
            color: Theme.accentSoft
            visible: opacity > 0
            opacity: list.markedRow === row.index ? 1 : 0
            Behavior on opacity { NumberAnimation { duration: Theme.durationSlow } }
        }
        HoverHandler { id: hover }
        Loader {
            id: content
            anchors.horizontalCenter: parent.horizontalCenter
            width: list.columnWidth
            sourceComponent: row.isUser ? user : answer
        }
        Component {
            id: user
            UserMessage {
                chat: list.chat
                edit: list.edit
                messageId: row.messageId
                text: row.text
                alternative: row.alternative
                alternatives: row.alternatives
                isLast: row.isLast
                active: hover.hovered
            }
        }
        Component {
            id: answer
            AnswerMessage {
                chat: list.chat
                edit: list.edit
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
                silent: row.status === MessageListModel.Complete && row.text.length === 0
                    && row.reasoningText.length > 0
                modelLoading: list.models.state === ModelController.Loading
                isLast: row.isLast
                active: hover.hovered
                alternative: row.alternative
                alternatives: row.alternatives
            }
        }
    }
}
