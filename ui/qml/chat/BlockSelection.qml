import QtQuick
import Kvasir

// What is selected of a message, whose text is several items: from where the mouse was pressed to where it was dragged. Inside
// of a block its text does it alone, words after a double click and paragraphs after a third; this is told (`SelectionPoint`),
// and selects what lies between two blocks. Places are in `area`.
QtObject {
    id: selection

    required property Item area // what holds …
    required property Repeater blocks // … of BlockSlot
    property int anchorBlock: -1
    property int anchorPosition: 0
    property int cursorBlock: -1
    readonly property bool spans: anchorBlock >= 0 && cursorBlock >= 0 && anchorBlock !== cursorBlock
    readonly property int first: Math.min(anchorBlock, cursorBlock)
    readonly property int last: Math.max(anchorBlock, cursorBlock)
    property TextEdit focused: null // what has the keys while something is selected
    readonly property Connections leaving: Connections {
        target: selection.focused
        function onActiveFocusChanged() {
            if (!selection.focused.activeFocus)
                selection.clear();
        }
    }
    signal copyRequested(string text)

    function encloses(block: int): bool {
        return spans && block >= first && block <= last;
    }
    function blockAt(y: real): int {
        for (let i = 0; i < blocks.count; ++i) {
            const slot = blocks.itemAt(i);
            if (y < slot.y + slot.height)
                return i;
        }
        return blocks.count - 1;
    }
    // In the block's text; above and below it, its beginning and end.
    function positionIn(block: int, place: point): int {
        const text = blocks.itemAt(block).textItem;
        const inside = text.mapFromItem(area, place);
        return inside.y < 0 ? 0 : inside.y > text.height ? text.length : text.positionAt(inside.x, inside.y);
    }
    function begin(place: point) {
        clear();
        anchorBlock = cursorBlock = blockAt(place.y);
        anchorPosition = positionIn(anchorBlock, place);
        focused = blocks.itemAt(anchorBlock).textItem;
    }
    function extend(place: point) {
        if (anchorBlock < 0 || anchorBlock >= blocks.count)
            return;
        const old = [first, last];
        cursorBlock = blockAt(place.y);
        for (let i = Math.min(first, old[0]); i <= Math.max(last, old[1]); ++i)
            mark(i, place);
    }
    // A text selects by itself while the mouse moves, not when it is moved below the mouse.
    function followInside(place: point) {
        if (anchorBlock >= 0 && !spans)
            blocks.itemAt(anchorBlock)?.textItem?.moveCursorSelection(positionIn(anchorBlock, place));
    }
    function mark(block: int, place: point) {
        const slot = blocks.itemAt(block);
        slot?.make();
        const text = slot?.textItem;
        if (!text || (block === anchorBlock && !spans))
            return; // it does so itself
        const downwards = cursorBlock > anchorBlock;
        if (block < first || block > last)
            text.deselect();
        else if (block === anchorBlock)
            text.select(anchorPosition, downwards ? text.length : 0);
        else if (block !== cursorBlock)
            text.selectAll();
        else if (downwards)
            text.select(0, positionIn(block, place));
        else
            text.select(positionIn(block, place), text.length);
    }
    function selectAll(text: TextEdit) {
        focused = text;
        anchorBlock = 0;
        cursorBlock = blocks.count - 1;
        for (let i = 0; i < blocks.count; ++i) {
            const slot = blocks.itemAt(i);
            slot.make();
            slot.textItem?.selectAll();
        }
    }
    function clear() {
        for (let i = first; spans && i <= last; ++i)
            blocks.itemAt(i)?.textItem?.deselect();
        anchorBlock = cursorBlock = -1;
        focused = null;
    }
    function copy() {
        const parts = [];
        for (let i = first; i <= last; ++i) {
            const slot = blocks.itemAt(i);
            parts.push(i === first ? "" : slot.block.kind === MarkdownBlockModel.Plain ? "\n" : "\n\n", slot.selectedSource());
        }
        copyRequested(parts.join(""));
    }
    // A key of a text that has the focus. True: it was for more than that text.
    function take(text: TextEdit, event: var): bool {
        if (event.matches(StandardKey.SelectAll) && blocks.count > 1)
            selectAll(text);
        else if (event.matches(StandardKey.Copy) && spans)
            copy();
        else
            return false;
        event.accepted = true;
        return true;
    }
}
