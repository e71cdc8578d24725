import QtQuick
import Kvasir

// The model's card: labels on the left, what they stand for on the right.
Column {
    id: facts

    required property ModelController models
    readonly property int labelWidth: Theme.scaled(96)

    spacing: Theme.space2

    Repeater {
        model: facts.models.facts
        Row {
            required property var modelData
            width: facts.width
            spacing: Theme.space3
            TextLabel {
                width: facts.labelWidth
                text: parent.modelData.label
                color: Theme.textMuted
                Accessible.ignored: true
            }
            TextLabel {
                width: parent.width - facts.labelWidth - parent.spacing
                text: parent.modelData.value
                wrapMode: Text.Wrap
                Accessible.name: parent.modelData.label + ": " + text
            }
        }
    }
    Row {
        width: facts.width
        spacing: Theme.space3
        TextLabel {
            width: facts.labelWidth
            text: qsTr("Memory")
            color: Theme.textMuted
            Accessible.ignored: true
        }
        TextLabel {
            objectName: "modelMemory"
            width: parent.width - facts.labelWidth - parent.spacing
            text: facts.models.settings.memoryText
            wrapMode: Text.Wrap
            color: facts.models.settings.fit >= ModelSettingsForm.ContextTooLarge ? Theme.danger : Theme.text
            Accessible.name: qsTr("Memory") + ": " + text
        }
    }
    TextLabel {
        width: facts.width
        topPadding: Theme.space1
        visible: !facts.models.isStarter
        text: facts.models.path
        elide: Text.ElideMiddle
        font.pixelSize: Theme.sizeSmall
        color: Theme.textMuted
        Accessible.name: qsTr("File: %1").arg(text)
    }
}
