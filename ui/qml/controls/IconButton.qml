import QtQuick
import QtQuick.Templates as T
import Kvasir

// A button that is only an icon; `text` names it for screen readers and in its hint.
T.AbstractButton {
    id: control

    required property string iconName
    property color iconColor: hovered || visualFocus ? Theme.text : Theme.textMuted
    property int iconSize: Theme.iconSize
    property color fill: Theme.clear
    property string keys: ""
    property bool hinted: true // false while what it opens is there

    implicitWidth: Theme.controlHeight
    implicitHeight: Theme.controlHeight
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    opacity: enabled ? 1 : 0.4
    Accessible.role: Accessible.Button
    Accessible.name: text
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    background: Rectangle {
        radius: Theme.radiusControl
        color: control.fill
        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            color: control.down ? Theme.pressed : control.hovered ? Theme.hover : Theme.clear
        }
        FocusRing {
            shown: control.visualFocus
            inset: 0
        }
    }
    contentItem: Item {
        Icon {
            anchors.centerIn: parent
            name: control.iconName
            color: control.iconColor
            size: control.iconSize
        }
    }

    Loader { // made when it is pointed at: there are many buttons
        anchors.fill: parent
        active: control.hovered
        sourceComponent: Hint {
            visible: control.hinted && control.hovered && !control.down && control.text.length > 0
            text: control.keys.length > 0 ? control.text + "  ·  " + control.keys : control.text
        }
    }
}
