import QtQuick
import QtQuick.Templates as T
import Kvasir

// A row of the side bar that can be renamed in place (F2 or a double click), deleted (Delete), dragged, and
// has a menu (the menu key, Shift+F10 or the right mouse button).
T.ItemDelegate {
    id: row

    required property string title
    property bool current: false
    property bool live: false // something goes on in it
    property bool marked: false // what is dragged would come here …
    property bool lineAbove: false // … or before it
    property string iconName: ""
    property string note: ""
    property string nameOfTitle: ""
    property bool renaming: false
    readonly property bool actionsShown: (hovered || activeFocus || more.activeFocus || remove.activeFocus) && !renaming
    property bool deletable: true
    signal renamed(string title)
    signal removed
    signal menuRequested
    signal moveRequested(int places)
    signal dragMoved(point position)
    signal dragEnded

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
    Accessible.selected: current
    onDoubleClicked: beginRename()
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()
    Keys.onPressed: event => {
        if (event.key === Qt.Key_F2)
            beginRename();
        else if (event.key === Qt.Key_Delete && deletable)
            removed();
        else if (event.key === Qt.Key_Menu || (event.key === Qt.Key_F10 && event.modifiers & Qt.ShiftModifier))
            menuRequested();
        else if (event.modifiers & Qt.AltModifier && (event.key === Qt.Key_Up || event.key === Qt.Key_Down))
            moveRequested(event.key === Qt.Key_Up ? -1 : 1);
        else
            return;
        event.accepted = true;
    }

    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: row.menuRequested()
    }
    DragHandler {
        id: drag
        target: null
        enabled: !row.renaming
        acceptedDevices: PointerDevice.Mouse | PointerDevice.TouchPad
        grabPermissions: PointerHandler.CanTakeOverFromAnything
        onCentroidChanged: if (active) row.dragMoved(centroid.scenePosition)
        onActiveChanged: if (!active) row.dragEnded()
    }

    background: Rectangle {
        radius: Theme.radiusControl
        color: row.current || row.marked ? Theme.accentSoft : row.hovered ? Theme.hover : Theme.clear
        FocusRing {
            shown: row.visualFocus || row.marked
            inset: 0
        }
        Rectangle {
            width: parent.width
            height: 2
            y: -2
            visible: row.lineAbove
            color: Theme.accent
        }
    }
    contentItem: Item {
        Icon {
            id: icon
            x: Theme.space3
            anchors.verticalCenter: parent.verticalCenter
            visible: row.iconName.length > 0
            name: row.iconName
            size: Theme.iconSizeSmall
            color: Theme.textMuted
        }
        TextLabel {
            anchors.left: parent.left
            anchors.leftMargin: icon.visible ? icon.x + icon.width + Theme.space2 : Theme.space3
            anchors.right: row.actionsShown ? actions.left : dot.visible ? dot.left : note.left
            anchors.rightMargin: Theme.space2
            anchors.verticalCenter: parent.verticalCenter
            visible: !row.renaming
            text: row.title
            font.weight: row.current ? Font.Medium : Font.Normal
            Accessible.ignored: true
        }
        TextLabel {
            id: note
            anchors.right: parent.right
            anchors.rightMargin: text.length > 0 ? Theme.space3 : 0
            anchors.verticalCenter: parent.verticalCenter
            visible: !row.actionsShown && !row.renaming
            text: row.note
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
            Accessible.ignored: true
        }
        Rectangle {
            id: dot
            anchors.right: parent.right
            anchors.rightMargin: Theme.space3
            anchors.verticalCenter: parent.verticalCenter
            visible: row.live && !row.actionsShown && !row.renaming
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
            RowAction {
                id: more
                objectName: "moreButton"
                iconName: "more"
                text: qsTr("More")
                keys: qsTr("Menu key")
                onClicked: row.menuRequested()
            }
            RowAction {
                id: remove
                objectName: "deleteButton"
                visible: row.deletable
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
            Accessible.name: row.nameOfTitle
            onAccepted: row.endRename(true)
            onActiveFocusChanged: if (!activeFocus) row.endRename(true)
            Keys.onEscapePressed: row.endRename(false)
        }
    }
}
