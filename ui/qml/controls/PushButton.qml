import QtQuick
import QtQuick.Templates as T
import Kvasir

// A button with words. At most one in a place is `primary`.
T.AbstractButton {
    id: control

    property bool primary: false
    property bool dangerous: false
    property string iconName: ""
    readonly property color ink: primary ? Theme.accentInk : dangerous ? Theme.danger : Theme.text

    implicitHeight: Theme.controlHeight
    implicitWidth: content.implicitWidth + leftPadding + rightPadding
    leftPadding: Theme.space3
    rightPadding: Theme.space3
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    opacity: enabled ? 1 : 0.45
    Accessible.role: Accessible.Button
    Accessible.name: text
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    background: Rectangle {
        radius: Theme.radiusControl
        color: control.primary ? Theme.accent : Theme.surfaceRaised
        border.width: control.primary ? 0 : 1
        border.color: Theme.outline
        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            color: control.down ? Theme.pressed : control.hovered ? Theme.hover : Theme.clear
        }
        FocusRing { shown: control.visualFocus }
    }
    contentItem: Item {
        implicitWidth: content.implicitWidth
        Row {
            id: content
            anchors.centerIn: parent
            spacing: Theme.space2
            Icon {
                visible: control.iconName.length > 0
                anchors.verticalCenter: parent.verticalCenter
                name: control.iconName
                color: control.ink
                size: Theme.iconSizeSmall
            }
            TextLabel {
                anchors.verticalCenter: parent.verticalCenter
                text: control.text
                color: control.ink
                font.weight: Font.Medium
            }
        }
    }
}
