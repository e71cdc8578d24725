import QtQuick
import Kvasir

// What computes the model, where there is a GPU, and how much of that it may take.
Column {
    id: settings

    required property ModelSettingsForm form

    spacing: Theme.space1
    bottomPadding: Theme.space2

    TextLabel {
        text: qsTr("Computed by")
        font.weight: Font.Medium
        bottomPadding: Theme.space1
    }
    Segments {
        objectName: "computedBySegments"
        width: parent.width
        accessibleName: qsTr("What computes the model")
        choices: [qsTr("GPU"), qsTr("CPU")]
        current: settings.form.onGpu ? 0 : 1
        onChosen: index => settings.form.onGpu = index === 0
    }
    TextLabel {
        objectName: "gpuName"
        width: parent.width
        topPadding: Theme.space1
        text: settings.form.gpuName
        elide: Text.ElideRight
        color: Theme.textMuted
    }
    StepSlider {
        objectName: "vramSlider"
        width: parent.width
        visible: settings.form.onGpu && steps > 1
        steps: settings.form.vramSteps
        step: settings.form.vramStep
        accessibleName: qsTr("GPU memory")
        accessibleValue: settings.form.vramText
        onChosen: step => settings.form.vramStep = step
    }
    TextLabel {
        objectName: "vramText"
        width: parent.width
        visible: settings.form.onGpu
        text: settings.form.vramText
        wrapMode: Text.Wrap
        color: Theme.textMuted
    }
}
