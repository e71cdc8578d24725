import QtQuick
import QtQuick.Templates as T
import Kvasir

// A small button that shows what is chosen and opens the choice.
T.AbstractButton {
    id: control

    property string iconName: ""
    property color iconColor: Theme.textMuted
    property string detail: ""
    property color dotColor: Theme.clear
    property bool dotPulses: false
    property int maximumWidth: 240
    readonly property int besideLabel: leftPadding + rightPadding + arrow.width + content.spacing
        + (icon.visible ? icon.width + content.spacing : 0) + (dot.visible ? dot.width + content.spacing : 0)
        + (detailLabel.visible ? detailLabel.implicitWidth + content.spacing : 0)

    implicitHeight: Theme.controlHeight
    implicitWidth: Math.min(maximumWidth, content.implicitWidth + leftPadding + rightPadding)
    leftPadding: Theme.space2
    rightPadding: Theme.space2
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.ButtonMenu
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    background: Rectangle {
        radius: Theme.radiusControl
        color: control.down ? Theme.pressed : control.hovered ? Theme.hover : Theme.clear
        FocusRing {
            shown: control.visualFocus
            inset: 0
        }
    }
    contentItem: Row {
        id: content
        spacing: Theme.space2
        Icon {
            id: icon
            visible: control.iconName.length > 0
            anchors.verticalCenter: parent.verticalCenter
            name: control.iconName
            color: control.iconColor
            size: Theme.iconSizeSmall
        }
        Rectangle {
            id: dot
            visible: control.dotColor.a > 0
            anchors.verticalCenter: parent.verticalCenter
            width: 8
            height: 8
            radius: 4
            color: control.dotColor
            SequentialAnimation on opacity {
                running: control.dotPulses && !Theme.reducedMotion
                loops: Animation.Infinite
                alwaysRunToEnd: true
                NumberAnimation { to: 0.3; duration: Theme.durationPulse / 2 }
                NumberAnimation { to: 1; duration: Theme.durationPulse / 2 }
            }
        }
        TextLabel {
            id: label
            visible: text.length > 0
            anchors.verticalCenter: parent.verticalCenter
            width: Math.max(0, Math.min(implicitWidth, control.maximumWidth - control.besideLabel))
            text: control.text
            color: control.hovered || control.visualFocus ? Theme.text : Theme.textMuted
            Accessible.ignored: true
        }
        TextLabel {
            id: detailLabel
            visible: text.length > 0
            anchors.verticalCenter: parent.verticalCenter
            text: control.detail
            color: Theme.accent
            Accessible.ignored: true
        }
        Icon {
            id: arrow
            anchors.verticalCenter: parent.verticalCenter
            name: "chevron-down"
            color: Theme.textMuted
            size: 12
        }
    }
}
