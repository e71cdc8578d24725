import QtQuick
import Kvasir

// Drawn just outside its parent while `shown`.
Rectangle {
    required property bool shown
    property int inset: -2

    anchors.fill: parent
    anchors.margins: inset
    radius: Theme.radiusControl - inset
    color: Theme.clear
    border.width: 2
    border.color: Theme.accent
    visible: shown
}
