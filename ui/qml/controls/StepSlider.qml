import QtQuick
import QtQuick.Templates as T
import Kvasir

// One of a few values in order. `step` is what holds; `chosen` says what the person wants.
T.Slider {
    id: control

    required property int steps
    required property int step
    required property string accessibleName
    property string accessibleValue: ""
    signal chosen(int step)

    implicitHeight: Theme.controlHeight
    implicitWidth: 200
    from: 0
    to: Math.max(1, steps - 1)
    stepSize: 1
    snapMode: T.Slider.SnapAlways
    enabled: steps > 1
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.Slider
    Accessible.name: accessibleName
    Accessible.description: accessibleValue
    onMoved: chosen(Math.round(value))

    // `value` is the person's while they drag; otherwise it follows `step`.
    Binding {
        target: control
        property: "value"
        value: control.steps > 1 ? control.step : control.to
        when: !control.pressed
        restoreMode: Binding.RestoreNone
    }

    background: Rectangle {
        x: control.leftPadding
        y: Math.round((control.height - height) / 2)
        width: control.availableWidth
        height: 4
        radius: 2
        color: Theme.outline
        Rectangle {
            width: control.visualPosition * parent.width
            height: parent.height
            radius: 2
            color: control.enabled ? Theme.accent : Theme.textMuted
        }
    }
    handle: Rectangle {
        x: control.leftPadding + control.visualPosition * (control.availableWidth - width)
        y: Math.round((control.height - height) / 2)
        width: 18
        height: 18
        radius: 9
        visible: control.enabled
        color: control.pressed || control.hovered ? Theme.accentSoft : Theme.surfaceRaised
        border.width: 2
        border.color: Theme.accent
        FocusRing {
            shown: control.visualFocus
            inset: -3
            radius: width / 2
        }
    }
}
