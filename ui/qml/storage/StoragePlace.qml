import QtQuick
import QtQuick.Layouts
import Kvasir

// Where what is kept lies, and what becomes of it when that changes.
Column {
    id: section

    required property StorageController storage
    readonly property bool chosen: storage.folder.length > 0

    spacing: Theme.space1

    RowLayout {
        width: parent.width
        TextLabel {
            Layout.fillWidth: true
            text: qsTr("Place")
            font.weight: Font.Medium
        }
        LinkButton {
            objectName: "profilePlaceButton"
            visible: section.chosen
            text: qsTr("Keep it with the profile")
            onClicked: section.storage.folder = ""
        }
        LinkButton {
            objectName: "choosePlaceButton"
            text: qsTr("Choose a folder …")
            onClicked: picker.show(Paths.folderNamed(section.chosen ? section.storage.folder : "~"))
        }
    }
    TextLabel {
        objectName: "placeText"
        width: parent.width
        text: section.chosen ? section.storage.folder : qsTr("With the profile")
        elide: Text.ElideMiddle
    }
    CheckRow {
        objectName: "bringAlongBox"
        visible: section.storage.moves && !section.storage.deletesAll
        text: section.storage.bringAlongText
        checked: section.storage.bringAlong
        onToggled: section.storage.bringAlong = checked
    }
    TextLabel {
        objectName: "placeRemark"
        width: parent.width
        text: section.storage.moves
            ? qsTr("An answer under way is stopped, and taking many gigabytes to another disk takes a while.")
            : qsTr("Long chats open sooner from a fast disk. Without it they go on too.")
        wrapMode: Text.Wrap
        lineHeight: 1.35
        color: section.storage.moves ? Theme.accent : Theme.textMuted
    }

    FilePicker {
        id: picker
        title: qsTr("Where chats are kept ready")
        pickText: qsTr("Choose this folder")
        emptyText: qsTr("There are no folders in this one.")
        foldersOnly: true
        prefix: "place"
        onPicked: path => section.storage.folder = path
    }
}
