import QtQuick
import Kvasir

// In a text that is a part of a message: tells where the mouse selects.
PointHandler {
    id: handler

    required property BlockSelection selection // null: the text is alone

    function place(): point {
        return selection.area.mapFromItem(null, point.scenePosition);
    }
    function tell() {
        if (active)
            selection.extend(place());
    }
    // The text was scrolled below the pointer.
    function follow() {
        selection.extend(place());
        selection.followInside(place());
    }
    function scroller(): var { // an EdgeScroller, which knows this type
        for (let around = parent; around; around = around.parent) {
            if (around.edgeScroller)
                return around.edgeScroller;
        }
        return null;
    }
    enabled: selection !== null
    acceptedButtons: Qt.LeftButton
    target: null
    onActiveChanged: {
        if (active)
            selection.begin(place());
        const scrolls = scroller();
        if (scrolls)
            scrolls.point = active ? handler : null;
    }
    onPointChanged: if (active) Qt.callLater(tell) // the text has its own idea of what is selected first
}
