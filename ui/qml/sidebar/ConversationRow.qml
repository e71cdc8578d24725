import QtQuick
import QtQuick.Templates as T
import Kvasir

// A chat in the side bar. F2 or a double click renames it in place; Delete deletes it.
T.ItemDelegate {
    id: row

    required property var conversationId
    required property string title
    required property bool generating
    required property bool current
    property bool renaming: false
    readonly property bool actionsShown: (hovered || activeFocus || rename.activeFocus || remove.activeFocus) && !renaming
    signal renamed(string title)
    signal removed

    function beginRename() {
        renaming = true;
        field.text = title;
        field.forceActiveFocus();
        field.selectAll();
    }
    function endRename(keep: bool) {
        if (!renaming)
            return;
        renaming = false;
        if (keep)
            renamed(field.text);
        row.forceActiveFocus();
    }

    implicitHeight: Theme.rowHeight
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    text: title
    Accessible.role: Accessible.ListItem
    Accessible.name: generating ? qsTr("%1, answering").arg(title) : title
    Accessible.selected: current
    onDoubleClicked: beginRename()
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()
    Keys.onPressed: event => {
        if (event.key === Qt.Key_F2)
            beginRename();
        else if (event.key === Qt.Key_Delete)
            removed();
        else
            return;
        event.accepted = true;
    }

    background: Rectangle {
        radius: Theme.radiusControl
        color: row.current ? Theme.accentSoft : row.hovered ? Theme.hover : Theme.clear
        FocusRing {
            shown: row.visualFocus
            inset: 0
        }
    }
    contentItem: Item {
        TextLabel {
            anchors.left: parent.left
            anchors.leftMargin: Theme.space3
            anchors.right: row.actionsShown ? actions.left : dot.visible ? dot.left : parent.right
            anchors.rightMargin: Theme.space2
            anchors.verticalCenter: parent.verticalCenter
            visible: !row.renaming
            text: row.title
            font.weight: row.current ? Font.Medium : Font.Normal
            Accessible.ignored: true
        }
        Rectangle {
            id: dot
            anchors.right: parent.right
            anchors.rightMargin: Theme.space3
            anchors.verticalCenter: parent.verticalCenter
            visible: row.generating && !row.actionsShown && !row.renaming
            width: 7
            height: 7
            radius: 3.5
            color: Theme.accent
        }
        Row {
            id: actions
            anchors.right: parent.right
            anchors.rightMargin: Theme.space1
            anchors.verticalCenter: parent.verticalCenter
            opacity: row.actionsShown ? 1 : 0
            visible: !row.renaming
            IconButton {
                id: rename
                objectName: "renameButton"
                implicitWidth: 26
                implicitHeight: 28
                iconSize: Theme.iconSizeSmall
                iconName: "rename"
                text: qsTr("Rename")
                keys: "F2"
                onClicked: row.beginRename()
            }
            IconButton {
                id: remove
                objectName: "deleteButton"
                implicitWidth: 26
                implicitHeight: 28
                iconSize: Theme.iconSizeSmall
                iconName: "delete"
                iconColor: hovered ? Theme.danger : Theme.textMuted
                text: qsTr("Delete")
                keys: qsTr("Del")
                onClicked: row.removed()
            }
        }
        LineField {
            id: field
            objectName: "renameField"
            anchors.fill: parent
            anchors.margins: 2
            leftPadding: Theme.space3 - 2
            visible: row.renaming
            Accessible.name: qsTr("Title of the chat")
            onAccepted: row.endRename(true)
            onActiveFocusChanged: if (!activeFocus) row.endRename(true)
            Keys.onEscapePressed: row.endRename(false)
        }
    }
}
