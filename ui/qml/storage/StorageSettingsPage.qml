import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Kvasir

// How much is kept, for how long, and whether it is encrypted.
ColumnLayout {
    id: page

    required property StorageController storage

    spacing: Theme.space3

    Flickable {
        id: scroller
        Layout.fillWidth: true
        Layout.fillHeight: true
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        contentHeight: choices.height
        T.ScrollBar.vertical: SlimScrollBar {}
        Column {
            id: choices
            width: scroller.width - (scroller.contentHeight > scroller.height ? Theme.space3 : 0)
            spacing: Theme.space1

            RowLayout {
                width: parent.width
                TextLabel {
                    Layout.fillWidth: true
                    text: qsTr("Space on the disk")
                    font.weight: Font.Medium
                }
                LinkButton {
                    objectName: "automaticQuotaButton"
                    visible: !page.storage.quotaAutomatic
                    text: qsTr("Choose for me")
                    onClicked: page.storage.chooseAutomaticQuota()
                }
            }
            StepSlider {
                objectName: "quotaSlider"
                width: parent.width
                steps: page.storage.quotaSteps
                step: page.storage.quotaStep
                accessibleName: qsTr("Space on the disk")
                accessibleValue: page.storage.quotaText
                onChosen: step => page.storage.quotaStep = step
            }
            TextLabel {
                objectName: "quotaText"
                width: parent.width
                text: page.storage.quotaText
            }
            TextLabel {
                width: parent.width
                bottomPadding: Theme.space3
                text: qsTr("When it is full, what was not used for the longest time goes first.")
                wrapMode: Text.Wrap
                color: Theme.textMuted
            }

            TextLabel {
                bottomPadding: Theme.space1
                text: qsTr("Keep what is not used for")
                font.weight: Font.Medium
            }
            Segments {
                objectName: "daysSegments"
                width: parent.width
                accessibleName: qsTr("Keep what is not used for")
                choices: page.storage.daysChoices
                current: page.storage.daysChoice
                onChosen: index => page.storage.daysChoice = index
            }
            Item {
                width: 1
                height: Theme.space3
            }

            StoragePlace {
                width: parent.width
                bottomPadding: Theme.space3
                storage: page.storage
            }

            CheckRow {
                objectName: "encryptBox"
                text: qsTr("Encrypt what is kept")
                checked: page.storage.encrypted
                onToggled: page.storage.encrypted = checked
            }
            TextLabel {
                objectName: "encryptText"
                width: parent.width
                text: page.storage.deletesAll
                    ? qsTr("What is kept now will be deleted, because it was written the other way. An answer under way is stopped.")
                    : qsTr("Its key goes when the profile is deleted: then nobody can read what may be left on the disk.")
                wrapMode: Text.Wrap
                lineHeight: 1.35
                color: page.storage.deletesAll ? Theme.accent : Theme.textMuted
            }
        }
    }
    Row {
        spacing: Theme.space2
        PushButton {
            objectName: "applyStorageButton"
            primary: true
            enabled: page.storage.modified
            text: qsTr("Apply")
            onClicked: page.storage.apply()
        }
        PushButton {
            objectName: "revertStorageButton"
            enabled: page.storage.modified
            text: qsTr("Undo")
            onClicked: page.storage.revert()
        }
    }
}
