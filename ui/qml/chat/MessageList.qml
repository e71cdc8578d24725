import QtQuick
import QtQuick.Templates as T
import Kvasir

// The messages of a chat. Follows the newest while it is at the end, and stays put once the person scrolls up.
ListView {
    id: list

    required property ChatController chat
    required property ModelController models
    required property ContextController context
    required property MessageFinder finder
    property int topRoom: 0 // what covers the list there, and is kept free above the first message
    property bool sticksToEnd: true
    property real lastY: 0
    property int markedRow: -1 // what was sought, for a moment
    readonly property alias edgeScroller: edgeScroller // for the texts of messages, while something is selected in them
    readonly property bool scrolling: settling.running // by the person: rows only pass below the pointer
    readonly property ViewAnchor anchor: ViewAnchor { view: list }
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
    function firstShownRow(): int {
        return Math.max(0, indexAt(width / 2, contentY + Theme.space6));
    }
    // Brings into sight what is a part of a message.
    function reveal(part: Item) {
        for (let around = part; around !== contentItem; around = around.parent)
            around.forceLayout?.(); // what was made just now is not in its place yet
        forceLayout();
        const top = part.mapToItem(contentItem, 0, 0).y;
        if (top < contentY + topRoom || top + part.height > contentY + height)
            scrollBy(top - contentY - height / 2);
    }
    function scrollBy(pixels: real) {
        const lowest = Math.max(originY, originY + contentHeight - height);
        settling.restart();
        sticksToEnd = false; // or new estimates of heights above would pull the view back
        contentY = Math.round(Math.max(originY, Math.min(lowest, contentY + pixels)));
        sticksToEnd = pixels > 0 && distanceToEnd < Theme.space2;
    }

    model: chat.messages
    clip: true
    reuseItems: false // a row made anew is made in steps between frames, one used again all at once
    cacheBuffer: 1200 // made before they are seen
    boundsBehavior: Flickable.StopAtBounds
    spacing: Theme.space2
    header: Item { height: Theme.space6 + list.topRoom }
    footer: Item { height: Theme.space4 }
    activeFocusOnTab: true
    keyNavigationEnabled: false
    currentIndex: -1 // a current row takes the focus when it is made, and is made wherever it is
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Messages")

    onTopRoomChanged: returnToBounds()
    onContentHeightChanged: if (sticksToEnd) positionViewAtEnd()
    onHeightChanged: {
        if (sticksToEnd)
            positionViewAtEnd();
        BlockMaker.look();
    }
    onCountChanged: if (sticksToEnd) positionViewAtEnd()
    onContentYChanged: {
        // Only the person's own scrolling decides; a step up lets go at once, whatever streams in below.
        if (moving || flicking || dragging || bar.pressed) {
            settling.restart();
            if (contentY < lastY - 0.5)
                sticksToEnd = false;
            else if (distanceToEnd < Theme.space2)
                sticksToEnd = true;
        }
        lastY = contentY;
        BlockMaker.look();
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
    Connections {
        target: list.finder
        function onMoved(row: int) {
            list.sticksToEnd = false;
            if (!list.itemAtIndex(row))
                list.positionViewAtIndex(row, ListView.Center);
        }
        function onMarked(mark: Item) { list.reveal(mark); }
    }
    EdgeScroller {
        id: edgeScroller
        view: list
    }
    Timer {
        id: settling
        interval: Theme.settleTime
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

    delegate: MessageRow {
        width: ListView.view.width
        chat: list.chat
        models: list.models
        context: list.context
        edit: list.edit
        finder: list.finder
        columnWidth: list.columnWidth
        marked: list.markedRow === index
        passing: list.scrolling
        isLast: index === list.count - 1
    }
}
