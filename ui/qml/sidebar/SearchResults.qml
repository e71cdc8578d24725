import QtQuick
import QtQuick.Templates as T
import Kvasir

// What was found, by chat. Up and Down go through it, Enter opens.
ListView {
    id: list

    required property SearchController search
    signal chosen(var conversationId, var messageId)
    signal leftUpwards

    function focusFirst() {
        if (count > 0)
            focusRow(0);
    }
    function focusRow(row: int) {
        if (row < 0)
            return leftUpwards();
        positionViewAtIndex(Math.min(row, count - 1), ListView.Contain);
        const item = itemAtIndex(row);
        if (item)
            item.forceActiveFocus(Qt.TabFocusReason);
    }

    model: search.results
    clip: true
    reuseItems: true
    boundsBehavior: Flickable.StopAtBounds
    currentIndex: -1
    footer: Item { height: Theme.space3 }
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Found in chats")
    T.ScrollBar.vertical: SlimScrollBar {}

    TextLabel {
        parent: list
        objectName: "nothingFound"
        x: Theme.space6
        y: Theme.space3
        width: list.width - 2 * Theme.space6
        visible: list.count === 0 && list.search.answered
        text: qsTr("Nothing was found.")
        color: Theme.textMuted
    }

    delegate: SearchResultRow {
        required property int index
        x: Theme.space3
        width: ListView.view.width - 2 * Theme.space3
        onClicked: list.chosen(resultId, messageId)
        Keys.onDownPressed: list.focusRow(index + 1)
        Keys.onUpPressed: list.focusRow(index - 1)
    }
}
