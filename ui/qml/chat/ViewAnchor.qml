import QtQuick
import Kvasir

// Keeps what stands at the upper edge of a view of messages where it is, while what is above it gets other heights: blocks are
// made and formulas are set when there is time.
QtObject {
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
            if (item instanceof BlockSlot)
                return item;
            x = inside.x;
            y = inside.y;
        }
        return null;
    }
    function placeOf(block: Item): real {
        return block.mapToItem(view.contentItem, 0, 0).y;
    }
    // Messages and their blocks have new heights, but not their places yet.
    function layOut(item: Item) {
        for (const child of Array.from(item.children)) {
            if (!(child instanceof BlockSlot))
                layOut(child);
        }
        item.forceLayout?.();
    }
    // The first block that begins in the view's upper half; else the first that is seen.
    function chosen(): Item {
        let first = null;
        for (let y = view.topRoom; y < (first ? view.height / 2 : view.height); y += Theme.space5) {
            const block = blockAt(view.width / 2, view.contentY + y);
            if (block && placeOf(block) >= view.contentY + view.topRoom)
                return block;
            first = first ?? block;
        }
        return first;
    }
    function drop() {
        const block = view.sticksToEnd ? null : chosen();
        if (held !== block)
            rest = 0;
        held = block;
        if (held)
            place = placeOf(held);
    }
    function hold() {
        if (!held || view.sticksToEnd)
            return;
        layOut(view.contentItem);
        view.forceLayout();
        const by = placeOf(held) - place + rest;
        view.contentY += Math.round(by); // whole pixels keep text sharp
        rest = by - Math.round(by);
    }

    readonly property Connections blocks: Connections {
        target: BlockMaker
        function onMaking() { anchor.drop(); }
        function onMade() { anchor.hold(); }
    }
    readonly property Connections formulas: Connections {
        target: Typesetter
        function onProgressing() { anchor.drop(); }
        function onHasProgressed() { anchor.hold(); }
    }
}
