import QtQuick
import Kvasir

// In what scrolls: brings into sight what gets the focus there by Tab.
Item {
    id: follower

    required property Flickable view
    readonly property Item focused: Window.activeFocusItem

    function isInside(item: Item): bool {
        for (let around = item; around; around = around.parent) {
            if (around === view.contentItem)
                return true;
        }
        return false;
    }
    onFocusedChanged: {
        const byTab = focused && [Qt.TabFocusReason, Qt.BacktabFocusReason].includes(focused.focusReason);
        if (!byTab || !isInside(focused)) // what was clicked must stay below the pointer
            return;
        const top = focused.mapToItem(view.contentItem, 0, 0).y - Theme.space6;
        const bottom = top + focused.height + 2 * Theme.space6;
        const wanted = Math.min(top, Math.max(view.contentY, bottom - view.height));
        view.contentY = Math.max(0, Math.min(wanted, view.contentHeight - view.height));
    }
}
