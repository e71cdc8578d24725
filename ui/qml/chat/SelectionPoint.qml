import QtQuick
import Kvasir

// In a text that is a part of a message: tells where the mouse selects.
PointHandler {
    id: handler

    required property BlockSelection selection // null: the text is alone

    function tell() {
        if (active)
            selection.extend(parent.mapToItem(selection.area, point.position));
    }
    enabled: selection !== null
    acceptedButtons: Qt.LeftButton
    target: null
    onActiveChanged: if (active) selection.begin(parent.mapToItem(selection.area, point.position))
    onPointChanged: if (active) Qt.callLater(tell) // the text has its own idea of what is selected first
}
