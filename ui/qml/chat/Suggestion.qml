import QtQuick
import QtQuick.Templates as T
import Kvasir

// Something to begin with.
T.AbstractButton {
    id: control

    implicitHeight: label.implicitHeight + 2 * Theme.space3
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    opacity: enabled ? 1 : 0.6
    Accessible.role: Accessible.Button
    Accessible.name: text
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    background: Rectangle {
        radius: Theme.radiusCard
        color: Theme.surfaceRaised
        border.width: 1
        border.color: control.hovered ? Theme.accent : Theme.outline
        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            color: control.down ? Theme.hover : Theme.clear
        }
        FocusRing {
            shown: control.visualFocus
            radius: Theme.radiusCard + 2
        }
    }
    contentItem: TextLabel {
        id: label
        leftPadding: Theme.space4
        rightPadding: Theme.space4
        horizontalAlignment: Text.AlignLeft
        verticalAlignment: Text.AlignVCenter
        wrapMode: Text.Wrap
        text: control.text
        Accessible.ignored: true
    }
}
