import QtQuick
import Kvasir

// What an answer cost: one muted line, with the part that was not computed again as a thin bar.
Row {
    id: line

    required property string usage
    required property string outcome // "Stopped" and the like; empty for a whole answer
    required property real hitFraction
    required property real diskFraction

    spacing: Theme.space2

    Rectangle {
        visible: line.hitFraction > 0
        anchors.verticalCenter: parent.verticalCenter
        width: 48
        height: 4
        radius: 2
        color: Theme.outline
        Rectangle { // reused from memory, and behind it what came from disk
            width: parent.width * line.hitFraction
            height: parent.height
            radius: parent.radius
            color: Theme.textMuted
        }
        Rectangle {
            visible: line.diskFraction > 0
            width: parent.width * line.diskFraction
            height: parent.height
            radius: parent.radius
            color: Theme.accent
        }
    }
    TextLabel {
        objectName: "usageText"
        width: Math.min(implicitWidth, line.width - x)
        text: [line.outcome, line.usage].filter(part => part.length > 0).join(" · ")
        font.pixelSize: Theme.sizeSmall
        color: Theme.textMuted
    }
}
