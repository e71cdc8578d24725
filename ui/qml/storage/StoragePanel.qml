import QtQuick
import QtQuick.Layouts
import Kvasir

// What is kept on the disk: of each chat, and how much at most.
Dialog {
    id: panel

    required property StorageController storage
    property int page: 0

    title: qsTr("Storage")
    onAboutToShow: {
        page = 0;
        storage.revert();
        storage.measure();
    }

    StorageSummary {
        Layout.fillWidth: true
        storage: panel.storage
    }
    NoticeBar {
        objectName: "storageNotice"
        Layout.fillWidth: true
        visible: text.length > 0
        iconName: "alert"
        iconColor: Theme.danger
        dismissible: false
        text: panel.storage.notice
    }
    Segments {
        objectName: "storagePages"
        Layout.fillWidth: true
        accessibleName: qsTr("What is kept, or its limits")
        choices: [qsTr("Chats"), qsTr("Settings")]
        current: panel.page
        onChosen: index => panel.page = index
    }
    Loader {
        Layout.fillWidth: true
        Layout.fillHeight: true
        sourceComponent: panel.page === 0 ? chats : settings
    }
    Component {
        id: chats
        StoredChatList { storage: panel.storage }
    }
    Component {
        id: settings
        StorageSettingsPage { storage: panel.storage }
    }
}
