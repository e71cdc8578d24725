import QtQuick
import Kvasir

// Which profile is open; a click offers the others.
Chip {
    id: chip

    required property ProfileController profiles
    signal manageRequested

    objectName: "profileChip"
    iconName: "profile"
    text: profiles.openName
    Accessible.name: qsTr("Profile: %1").arg(text)
    onClicked: menu.opened ? menu.close() : menu.open()

    MenuPanel {
        id: menu
        objectName: "profileMenu"
        y: -implicitHeight - Theme.space2
        contentWidth: 232
        accessibleName: qsTr("Profiles")

        Repeater {
            model: chip.profiles.profiles
            MenuRow {
                required property var modelData
                objectName: "profileChoice"
                text: modelData.name
                chosen: modelData.open
                onClicked: {
                    menu.close();
                    chip.profiles.open(modelData.id);
                }
            }
        }
        Item {
            width: parent.width
            height: Theme.space3
            Rectangle {
                anchors.verticalCenter: parent.verticalCenter
                width: parent.width
                height: 1
                color: Theme.outline
            }
        }
        MenuRow {
            objectName: "manageProfiles"
            iconName: "manage"
            text: qsTr("New, rename, delete …")
            onClicked: {
                menu.close();
                chip.manageRequested();
            }
        }
    }
}
