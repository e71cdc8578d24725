import QtQuick
import Kvasir

// What is selected of a message, whose text is several items: from where the mouse was pressed to where it was dragged. Inside
// of a block its text does it alone, words after a double click and paragraphs after a third; this is told (`SelectionPoint`),
// and selects what lies between two blocks. Places are in `area`.
QtObject {
    id: selection

    required property Item area // MarkdownBlocks
    required property MarkdownBlockModel blocks
    required property BlockWindow made // those of them that there are slots of; others get what is selected when they are made
    property int anchorBlock: -1
    property int anchorPosition: 0
    property int cursorBlock: -1
    property int cursorPosition: 0
    readonly property bool spans: anchorBlock >= 0 && cursorBlock >= 0 && anchorBlock !== cursorBlock
    readonly property bool downwards: cursorBlock > anchorBlock
    readonly property int first: Math.min(anchorBlock, cursorBlock)
    readonly property int last: Math.max(anchorBlock, cursorBlock)
    readonly property int textEnd: 0x7fffffff // whatever its length
    property Item focused: null // what has the keys while something is selected
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
    // In the block's text; above and below it, its beginning and end.
    function positionIn(block: int, place: point): int {
        const text = area.slotOf(block)?.textItem;
        if (!text)
            return 0;
        const inside = text.mapFromItem(area, place);
        return inside.y < 0 ? 0 : inside.y > text.height ? text.length : text.positionAt(inside.x, inside.y);
    }
    // Where in a block that it encloses what is selected begins and ends.
    function beginIn(block: int): int {
        return block > first ? 0 : downwards ? anchorPosition : cursorPosition;
    }
    function endIn(block: int): int {
        return block < last ? textEnd : downwards ? cursorPosition : anchorPosition;
    }
    function begin(place: point) {
        clear();
        anchorBlock = cursorBlock = made.blockAt(place.y);
        anchorPosition = positionIn(anchorBlock, place);
        focused = area.slotOf(anchorBlock).textItem;
    }
    function extend(place: point) {
        if (anchorBlock < 0 || anchorBlock >= made.blockCount)
            return;
        const old = [first, last];
        cursorBlock = made.blockAt(place.y);
        cursorPosition = positionIn(cursorBlock, place);
        markAll(Math.min(first, old[0]), Math.max(last, old[1]));
    }
    // A text selects by itself while the mouse moves, not when it is moved below the mouse.
    function followInside(place: point) {
        if (anchorBlock >= 0 && !spans)
            area.slotOf(anchorBlock)?.textItem?.moveCursorSelection(positionIn(anchorBlock, place));
    }
    function markAll(from: int, to: int) {
        for (let i = Math.max(from, made.first); i <= Math.min(to, made.first + made.rowCount() - 1); ++i)
            mark(i);
    }
    function mark(block: int) {
        const text = area.slotOf(block)?.textItem;
        if (!text || (block === anchorBlock && !spans))
            return; // it does so itself
        if (!encloses(block))
            text.deselect();
        else if (block === anchorBlock && !downwards)
            text.select(Math.min(endIn(block), text.length), beginIn(block));
        else
            text.select(beginIn(block), Math.min(endIn(block), text.length));
    }
    function selectAll(item: Item) {
        focused = item;
        anchorBlock = 0;
        anchorPosition = 0;
        cursorBlock = made.blockCount - 1;
        cursorPosition = textEnd;
        markAll(first, last);
    }
    function clear() {
        const old = spans ? [first, last] : [0, -1];
        anchorBlock = cursorBlock = -1;
        focused = null;
        markAll(old[0], old[1]);
    }
    // A slot goes, and what is selected stays so.
    function leave(slot: Item) {
        if (focused === null || focused !== slot.textItem)
            return;
        focused = area;
        area.forceActiveFocus();
    }
    function copy() {
        const parts = [];
        for (let i = first; i <= last; ++i)
            parts.push(area.slotOf(i)?.textItem?.selectedSource() ?? blocks.sourceOf(i, beginIn(i), endIn(i)));
        copyRequested(parts.join(blocks.isPlain() ? "\n" : "\n\n"));
    }
    // A key of what has the focus. True: it was for more than one text.
    function take(item: Item, event: var): bool {
        if (event.matches(StandardKey.SelectAll) && made.blockCount > 1)
            selectAll(item);
        else if (event.matches(StandardKey.Copy) && spans)
            copy();
        else
            return false;
        event.accepted = true;
        return true;
    }
}
