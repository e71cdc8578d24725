import QtQuick
import QtQuick.Layouts
import Kvasir

// Below the chats: whose they are, and what concerns all of them.
RowLayout {
    id: foot

    required property ProfileController profiles
    required property TransferController transfer
    required property UiSettings settings
    required property bool hasChats
    signal manageProfilesRequested
    signal storageRequested
    signal settingsRequested
    signal keysRequested
    signal importRequested
    signal exportRequested

    spacing: 0

    ProfileChip {
        maximumWidth: Theme.sidebarWidth - 2 * Theme.space3 - 3 * Theme.controlHeight - Theme.space2
        profiles: foot.profiles
        onManageRequested: foot.manageProfilesRequested()
    }
    Item { Layout.fillWidth: true }
    IconButton {
        objectName: "transferButton"
        iconName: "export"
        text: qsTr("Import and export")
        hinted: !transferMenu.opened
        onClicked: transferMenu.opened ? transferMenu.close() : transferMenu.open()
        TransferMenu {
            id: transferMenu
            transfer: foot.transfer
            hasChats: foot.hasChats
            y: -implicitHeight - Theme.space2
            onImportRequested: foot.importRequested()
            onExportRequested: foot.exportRequested()
        }
    }
    IconButton {
        objectName: "storageButton"
        iconName: "storage"
        text: qsTr("Storage")
        onClicked: foot.storageRequested()
    }
    IconButton {
        objectName: "appearanceButton"
        iconName: "appearance"
        text: qsTr("Appearance")
        hinted: !menu.opened
        onClicked: menu.opened ? menu.close() : menu.open()
        AppearanceMenu {
            id: menu
            settings: foot.settings
            onSettingsRequested: foot.settingsRequested()
            onKeysRequested: foot.keysRequested()
            y: -implicitHeight - Theme.space2
        }
    }
}
