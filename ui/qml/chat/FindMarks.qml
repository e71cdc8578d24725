import QtQuick
import Kvasir

// Behind a text: marks what is sought in it.
Item {
    id: marks

    required property MessageFinder finder
    required property TextEdit edit
    required property int current // which one of them the person is at; -1: none
    readonly property string sought: finder.text
    signal missed // the current one is not in the text
    property var places: [] // of each piece: its rectangle, and which one it is of

    // Where it is in the text, and where the text has it: two pieces where a line breaks in it.
    function find() {
        const found = [];
        const add = (occurrence, at, x, end) =>
            found.push({ occurrence, x: Math.min(x, end), y: at.y, width: Math.abs(end - x), height: at.height });
        finder.placesIn(edit.getText(0, edit.length)).forEach((begin, occurrence) => {
            const from = edit.positionToRectangle(begin);
            const to = edit.positionToRectangle(begin + sought.length);
            if (from.y === to.y) {
                add(occurrence, from, from.x, to.x);
            } else {
                const isLeftwards = edit.positionToRectangle(begin + 1).x < from.x;
                add(occurrence, from, from.x, isLeftwards ? edit.leftPadding : edit.width);
                add(occurrence, to, isLeftwards ? edit.width : edit.leftPadding, to.x);
            }
        });
        places = found;
    }
    function tell() {
        const index = places.findIndex(place => place.occurrence === current);
        if (current >= 0 && index >= 0)
            finder.marked(pieces.itemAt(index));
        else if (current >= 0)
            missed();
    }

    anchors.fill: parent
    onSoughtChanged: Qt.callLater(find)
    onCurrentChanged: Qt.callLater(tell)
    onPlacesChanged: Qt.callLater(tell)
    Component.onCompleted: find()
    Connections {
        target: marks.edit
        function onTextChanged() { Qt.callLater(marks.find); }
        function onContentSizeChanged() { Qt.callLater(marks.find); }
    }
    Repeater {
        id: pieces
        model: marks.places
        Rectangle {
            required property var modelData
            readonly property bool isCurrent: modelData.occurrence === marks.current
            objectName: isCurrent ? "currentMark" : "findMark"
            x: modelData.x - 1
            y: modelData.y
            width: modelData.width + 2
            height: modelData.height
            radius: 3
            color: Theme.selection
            border.width: isCurrent ? 2 : 0
            border.color: Theme.accent
        }
    }
}
