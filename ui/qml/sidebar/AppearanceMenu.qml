import QtQuick
import Kvasir

// How the window looks, and the ways to all settings and the list of keys.
MenuPanel {
    id: menu

    required property UiSettings settings
    signal settingsRequested
    signal keysRequested

    contentWidth: 248
    padding: Theme.space3
    spacing: Theme.space2
    accessibleName: qsTr("Appearance")

    AppearanceSettings {
        width: parent.width
        settings: menu.settings
    }
    Rectangle {
        width: parent.width
        height: 1
        color: Theme.outline
    }
    MenuRow {
        objectName: "settingsRow"
        text: qsTr("All settings")
        detail: qsTr("Ctrl+,")
        onClicked: {
            menu.close();
            menu.settingsRequested();
        }
    }
    MenuRow {
        objectName: "keysRow"
        text: qsTr("Keys")
        detail: "F1"
        onClicked: {
            menu.close();
            menu.keysRequested();
        }
    }
}
