import QtQuick
import Kvasir

// What it is for, how much there is of it, and what it was good for.
Column {
    id: summary

    required property StorageController storage

    spacing: Theme.space2

    TextLabel {
        width: parent.width
        text: qsTr("Kvasir keeps what it has computed of each chat, so that it opens at once. Deleting it loses no message.")
        wrapMode: Text.Wrap
        lineHeight: 1.35
        color: Theme.textMuted
    }
    Item {
        width: parent.width
        height: bar.height + Theme.space3
        Rectangle {
            id: bar
            anchors.bottom: parent.bottom
            width: parent.width
            height: 8
            radius: 4
            color: Theme.surfaceSunken
            border.width: 1
            border.color: Theme.outline
            Accessible.role: Accessible.ProgressBar
            Accessible.name: qsTr("In use: %1").arg(summary.storage.totalText)
            Rectangle {
                visible: summary.storage.usedShare > 0
                width: Math.max(height, parent.width * Math.min(1, summary.storage.usedShare))
                height: parent.height
                radius: 4
                color: Theme.accent
            }
        }
    }
    TextLabel {
        objectName: "storageTotal"
        width: parent.width
        text: summary.storage.totalText
        wrapMode: Text.Wrap
    }
    TextLabel {
        objectName: "storageSaved"
        width: parent.width
        visible: text.length > 0
        text: summary.storage.savedText
        wrapMode: Text.Wrap
        color: Theme.textMuted
    }
}
