import QtQuick
import Kvasir

// Scrolls the messages while text is selected with the pointer at their upper or lower edge, or beyond: the further, the faster;
// and not out of the message, which alone is selected in.
Timer {
    id: scroller

    required property var view // the MessageList, which the two of them can not both name
    property SelectionPoint point: null // what selects; null: nothing does
    readonly property real pointerY: point ? view.mapFromItem(null, point.point.scenePosition).y : 0
    readonly property real beyond: !point ? 0 : pointerY < Theme.space6 ? pointerY - Theme.space6
        : Math.max(0, pointerY - view.height + Theme.space6)

    interval: 16
    repeat: true
    running: beyond !== 0
    onTriggered: {
        const area = point.selection.area;
        const top = area.mapToItem(view, 0, 0).y;
        const above = Math.min(0, top - Theme.space6);
        const below = Math.max(0, top + area.height + Theme.space6 - view.height);
        const step = beyond < 0 ? Math.max(above, Math.floor(beyond / 4)) : Math.min(below, Math.ceil(beyond / 4));
        if (step === 0)
            return;
        view.scrollBy(step);
        point.follow();
    }
}
