import QtQuick
import Kvasir

// Searches all chats while it is typed into. Down goes to what was found, Esc empties it.
LineField {
    id: field

    required property SearchController search
    signal leftDownwards

    leftPadding: Theme.space3 + Theme.iconSizeSmall + Theme.space2
    rightPadding: clear.visible ? clear.width + Theme.space1 : Theme.space3
    placeholderText: qsTr("Search chats")
    Accessible.name: qsTr("Search chats")
    onTextChanged: search.text = text
    onAccepted: leftDownwards()
    Keys.onDownPressed: leftDownwards()
    Keys.onEscapePressed: event => {
        event.accepted = text.length > 0; // else whoever has the key next
        clear.clicked();
    }

    Connections {
        target: field.search
        function onTextChanged() {
            if (field.text !== field.search.text)
                field.text = field.search.text;
        }
    }
    Icon {
        x: Theme.space3
        anchors.verticalCenter: parent.verticalCenter
        name: "search"
        size: Theme.iconSizeSmall
        color: field.activeFocus ? Theme.text : Theme.textMuted
    }
    IconButton {
        id: clear
        objectName: "clearSearchButton"
        anchors.right: parent.right
        anchors.rightMargin: Theme.space1
        anchors.verticalCenter: parent.verticalCenter
        implicitWidth: 28
        implicitHeight: 28
        visible: field.text.length > 0
        iconName: "close"
        iconSize: Theme.iconSizeSmall
        text: qsTr("Clear the search")
        keys: qsTr("Esc")
        onClicked: {
            field.text = "";
            field.forceActiveFocus();
        }
    }
}
