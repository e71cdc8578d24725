import QtQuick
import Kvasir

// How much of the available memory the weights and a full context would take.
Rectangle {
    id: bar

    required property ModelSettingsForm form
    readonly property bool over: form.fit === ModelSettingsForm.ContextTooLarge
        || form.fit === ModelSettingsForm.WeightsTooLarge

    implicitHeight: 8
    radius: 4
    color: Theme.surfaceSunken
    border.width: 1
    border.color: Theme.outline
    Accessible.role: Accessible.ProgressBar
    Accessible.name: qsTr("Memory: %1").arg(form.memoryText)

    Rectangle {
        id: weights
        width: Math.max(radius, bar.width * bar.form.weightShare)
        height: parent.height
        radius: 4
        color: bar.over ? Theme.danger : Theme.textMuted
    }
    Rectangle {
        x: Math.min(bar.width - width, weights.width + 2)
        width: Math.max(radius, bar.width * bar.form.kvShare - 2)
        height: parent.height
        radius: 4
        color: bar.over ? Theme.danger : Theme.accent
    }
}
