import QtQuick
import QtQuick.Layouts
import Kvasir

// One number that says how answers are made: its value, the steps in which it is chosen, what it does, and the way back.
Column {
    id: setting

    required property int index
    required property string name
    required property string explanation
    required property string valueText
    required property int step
    required property int steps
    required property bool chosen
    required property string inheritedText
    signal stepChosen(int step)
    signal resetRequested

    RowLayout {
        width: parent.width
        spacing: Theme.space3
        TextLabel {
            Layout.fillWidth: true
            text: setting.name
            font.weight: Font.Medium
        }
        LinkButton {
            objectName: "resetSetting" + setting.index
            visible: setting.chosen
            text: qsTr("Back to %1").arg(setting.inheritedText)
            Accessible.name: qsTr("%1: back to %2").arg(setting.name).arg(setting.inheritedText)
            onClicked: setting.resetRequested()
        }
        TextLabel {
            objectName: "settingText" + setting.index
            text: setting.valueText
        }
    }
    StepSlider {
        objectName: "settingSlider" + setting.index
        width: parent.width
        steps: setting.steps
        step: setting.step
        accessibleName: setting.name
        accessibleValue: setting.valueText
        onChosen: step => setting.stepChosen(step)
    }
    TextLabel {
        width: parent.width
        text: setting.explanation
        wrapMode: Text.Wrap
        lineHeight: 1.35
        font.pixelSize: Theme.sizeSmall
        color: Theme.textMuted
    }
}
