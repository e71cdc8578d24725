import QtQuick
import Kvasir

// Chats into and out of the profile.
MenuPanel {
    id: menu

    required property TransferController transfer
    required property bool hasChats
    signal importRequested
    signal exportRequested

    contentWidth: 220
    accessibleName: qsTr("Import and export")
    onOpened: importRow.forceActiveFocus(Qt.TabFocusReason)

    MenuRow {
        id: importRow
        objectName: "importRow"
        iconName: "import"
        enabled: !menu.transfer.busy
        text: qsTr("Import chats…")
        onClicked: {
            menu.close();
            menu.importRequested();
        }
    }
    MenuRow {
        objectName: "exportAllRow"
        iconName: "export"
        enabled: menu.hasChats && !menu.transfer.busy
        opacity: enabled ? 1 : 0.4
        text: qsTr("Export all chats…")
        onClicked: {
            menu.close();
            menu.exportRequested();
        }
    }
}
