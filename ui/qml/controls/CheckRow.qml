import QtQuick
import QtQuick.Templates as T
import Kvasir

// A box to tick, with its words.
T.CheckBox {
    id: control

    implicitHeight: Theme.controlHeight
    implicitWidth: 18 + spacing + label.implicitWidth
    spacing: Theme.space2
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    opacity: enabled ? 1 : 0.45
    Accessible.role: Accessible.CheckBox
    Accessible.name: text
    Accessible.checked: checked

    indicator: Rectangle {
        y: Math.round((control.height - height) / 2)
        width: 18
        height: 18
        radius: 5
        color: control.checked ? Theme.accent : Theme.surfaceRaised
        border.width: control.checked ? 0 : 1.5
        border.color: control.hovered ? Theme.text : Theme.textMuted
        Icon {
            anchors.centerIn: parent
            visible: control.checked
            name: "check"
            size: 14
            color: Theme.accentInk
        }
        FocusRing { shown: control.visualFocus }
    }
    contentItem: TextLabel {
        id: label
        leftPadding: 18 + control.spacing
        verticalAlignment: Text.AlignVCenter
        text: control.text
        Accessible.ignored: true
    }
}
