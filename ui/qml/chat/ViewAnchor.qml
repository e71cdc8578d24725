import QtQuick
import Kvasir

// Keeps what stands at the upper edge of a view of messages where it is, while blocks above it are made, which then have other
// heights.
Connections {
    id: anchor

    required property var view // the MessageList, which the two of them can not both name
    property Item held: null // a block
    property real place: 0 // of it, among the messages
    property real rest: 0 // of a pixel, that it is off

    // The block at a place among the messages, if it is made.
    function blockAt(x: real, y: real): Item {
        let item = view.contentItem;
        for (let child = item.childAt(x, y); child; child = item.childAt(x, y)) {
            const inside = item.mapToItem(child, x, y);
            item = child;
            if (item.made !== undefined)
                return item.made ? item : null;
            x = inside.x;
            y = inside.y;
        }
        return null;
    }
    function placeOf(block: Item): real {
        return block.mapToItem(view.contentItem, 0, 0).y;
    }

    target: BlockMaker
    function onMaking() {
        let block = null;
        for (let y = view.topRoom; y < view.height && !block; y += Theme.space5)
            block = blockAt(view.width / 2, view.contentY + y);
        if (held !== block)
            rest = 0;
        held = block;
        if (held)
            place = placeOf(held);
    }
    function onMade() {
        view.forceLayout();
        if (!held || view.sticksToEnd)
            return;
        const by = placeOf(held) - place + rest;
        view.contentY += Math.round(by); // whole pixels keep text sharp
        rest = by - Math.round(by);
    }
}
