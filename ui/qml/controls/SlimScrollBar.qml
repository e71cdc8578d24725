import QtQuick
import QtQuick.Templates as T
import Kvasir

T.ScrollBar {
    id: control

    implicitWidth: orientation === Qt.Vertical ? 10 : 40
    implicitHeight: orientation === Qt.Vertical ? 40 : 10
    padding: 2
    minimumSize: 0.06
    visible: size < 1 && policy !== T.ScrollBar.AlwaysOff
    Accessible.role: Accessible.ScrollBar
    Accessible.name: qsTr("Scroll bar")

    contentItem: Rectangle {
        radius: 3
        color: Theme.textMuted
        opacity: control.pressed ? 0.7 : control.hovered ? 0.55 : control.active ? 0.4 : 0.22
        Behavior on opacity { NumberAnimation { duration: Theme.durationFast } }
    }
}
