import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Kvasir

// All profiles, and a new one.
Dialog {
    id: panel

    required property ProfileController profiles
    property string doomedId: ""
    property string doomedName: ""
    property bool doomedIsOpen: false

    title: qsTr("Profiles")
    maximumWidth: 520
    maximumHeight: Theme.scaled(460)
    onAboutToShow: {
        doomedId = "";
        fresh.clear();
    }
    onClosed: profiles.dismissNotice()

    TextLabel {
        Layout.fillWidth: true
        text: qsTr("Each profile has chats, prompts and settings of its own. None can see what another keeps.")
        wrapMode: Text.Wrap
        lineHeight: 1.35
        color: Theme.textMuted
    }
    ListView {
        id: list
        objectName: "profileList"
        Layout.fillWidth: true
        Layout.fillHeight: true
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        model: panel.profiles.profiles
        Accessible.role: Accessible.List
        Accessible.name: panel.title
        T.ScrollBar.vertical: SlimScrollBar {}
        delegate: ProfileRow {
            required property var modelData
            width: ListView.view.width - (list.contentHeight > list.height ? Theme.space3 : 0)
            name: modelData.name
            current: modelData.open
            only: list.count === 1
            onOpened: {
                panel.close();
                panel.profiles.open(modelData.id);
            }
            onRenamed: name => panel.profiles.rename(modelData.id, name)
            onRemoved: {
                panel.doomedId = modelData.id;
                panel.doomedName = modelData.name;
                panel.doomedIsOpen = modelData.open;
            }
        }
    }
    NoticeBar {
        objectName: "deleteProfileNotice"
        Layout.fillWidth: true
        visible: panel.doomedId.length > 0
        iconName: "alert"
        iconColor: Theme.danger
        text: qsTr("Delete “%1” with all its chats? This can't be undone.").arg(panel.doomedName)
        actionText: qsTr("Delete for good")
        actionObjectName: "confirmDeleteProfile"
        onAction: {
            panel.profiles.remove(panel.doomedId);
            panel.doomedId = "";
            if (panel.doomedIsOpen)
                panel.close(); // another one is going to be open
        }
        onDismissed: panel.doomedId = ""
    }
    NoticeBar {
        objectName: "profileNotice"
        Layout.fillWidth: true
        visible: text.length > 0 && panel.doomedId.length === 0
        iconName: "alert"
        iconColor: Theme.danger
        text: panel.profiles.notice
        onDismissed: panel.profiles.dismissNotice()
    }
    RowLayout {
        Layout.fillWidth: true
        spacing: Theme.space2
        LineField {
            id: fresh
            objectName: "newProfileName"
            Layout.fillWidth: true
            maximumLength: 60
            placeholderText: qsTr("Name of a new profile")
            Accessible.name: placeholderText
            onAccepted: if (create.enabled) create.clicked()
        }
        PushButton {
            id: create
            objectName: "createProfileButton"
            Layout.preferredHeight: Theme.rowHeight
            primary: true
            enabled: fresh.text.trim().length > 0 && !taken.visible
            text: qsTr("Create and open")
            onClicked: if (panel.profiles.create(fresh.text)) panel.close()
        }
    }
    TextLabel {
        id: taken
        visible: fresh.text.trim().length > 0 && panel.profiles.isNameTaken(fresh.text)
        text: qsTr("Another profile has this name. Choose a different one.")
        font.pixelSize: Theme.sizeSmall
        color: Theme.danger
    }
}
