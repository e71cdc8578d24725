import QtQuick
import QtQuick.Layouts
import Kvasir

// A profile in the list of all: opened, renamed in place, or deleted.
Item {
    id: row

    required property string name
    required property bool current
    required property bool only
    property bool renaming: false
    signal opened
    signal renamed(string name)
    signal removed

    function endRename(keep: bool) {
        if (!renaming)
            return;
        renaming = false;
        if (keep)
            renamed(field.text);
        rename.forceActiveFocus();
    }

    implicitHeight: Theme.rowHeight + Theme.space2
    Accessible.role: Accessible.ListItem
    Accessible.name: current ? qsTr("%1, open").arg(name) : name

    Rectangle {
        anchors.bottom: parent.bottom
        width: parent.width
        height: 1
        color: Theme.outline
    }
    RowLayout {
        anchors.fill: parent
        spacing: Theme.space1
        Icon {
            Layout.rightMargin: Theme.space1
            name: "profile"
            color: row.current ? Theme.accent : Theme.textMuted
        }
        TextLabel {
            Layout.fillWidth: true
            visible: !row.renaming
            text: row.name
            font.weight: row.current ? Font.Medium : Font.Normal
        }
        LineField {
            id: field
            objectName: "profileRenameField"
            Layout.fillWidth: true
            visible: row.renaming
            maximumLength: 60
            Accessible.name: qsTr("Name of the profile")
            onAccepted: row.endRename(true)
            onActiveFocusChanged: if (!activeFocus) row.endRename(true)
            Keys.onEscapePressed: row.endRename(false)
        }
        TextLabel {
            visible: row.current && !row.renaming
            rightPadding: Theme.space2
            text: qsTr("open")
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
        }
        PushButton {
            objectName: "openProfileButton"
            visible: !row.current && !row.renaming
            text: qsTr("Open")
            Accessible.name: qsTr("Open %1").arg(row.name)
            onClicked: row.opened()
        }
        IconButton {
            id: rename
            objectName: "renameProfileButton"
            visible: !row.renaming
            iconName: "rename"
            iconSize: Theme.iconSizeSmall
            text: qsTr("Rename %1").arg(row.name)
            onClicked: {
                row.renaming = true;
                field.text = row.name;
                field.forceActiveFocus();
                field.selectAll();
            }
        }
        IconButton {
            objectName: "deleteProfileButton"
            visible: !row.renaming
            enabled: !row.only
            iconName: "delete"
            iconSize: Theme.iconSizeSmall
            iconColor: hovered && enabled ? Theme.danger : Theme.textMuted
            text: row.only ? qsTr("The only profile can't be deleted") : qsTr("Delete %1").arg(row.name)
            onClicked: row.removed()
        }
    }
}
