import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Kvasir

// What is kept of each chat, and the way to be rid of all of it.
ColumnLayout {
    id: page

    required property StorageController storage
    property bool asking: false

    spacing: Theme.space3

    ListView {
        id: list
        objectName: "storedChats"
        Layout.fillWidth: true
        Layout.fillHeight: true
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        model: page.storage.chats
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Kept chats")
        T.ScrollBar.vertical: SlimScrollBar {}
        delegate: StoredChatRow {
            required property string owner
            width: ListView.view.width - (list.contentHeight > list.height ? Theme.space3 : 0)
            onPinToggled: page.storage.pin(owner, !pinned)
            onRemoved: page.storage.remove(owner)
        }
        TextLabel {
            parent: list
            objectName: "nothingStored"
            y: Theme.space3
            visible: list.count === 0
            text: qsTr("Nothing is kept yet.")
            color: Theme.textMuted
        }
    }
    NoticeBar {
        objectName: "deleteAllNotice"
        Layout.fillWidth: true
        visible: page.asking
        iconName: "alert"
        iconColor: Theme.danger
        text: qsTr("Delete all that is kept? Each chat is computed once more when you go on with it.")
        actionText: qsTr("Delete all")
        actionObjectName: "confirmDeleteAll"
        onAction: {
            page.asking = false;
            page.storage.removeAll();
        }
        onDismissed: page.asking = false
    }
    PushButton {
        objectName: "deleteAllButton"
        visible: !page.asking
        enabled: !page.storage.empty
        dangerous: true
        iconName: "delete"
        text: qsTr("Delete all …")
        onClicked: page.asking = true
    }
}
