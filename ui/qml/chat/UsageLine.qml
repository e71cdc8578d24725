import QtQuick
import Kvasir

// What an answer cost: one muted line, with the part that was not computed again as a thin bar.
Item {
    id: line

    required property string usage
    required property string outcome // "Stopped" and the like; empty for a whole answer
    required property real hitFraction
    required property real diskFraction

    implicitHeight: label.implicitHeight

    Rectangle {
        id: bar
        visible: line.hitFraction > 0
        y: Math.round((Theme.sizeSmall * 1.3 - height) / 2)
        width: 48
        height: 4
        radius: 2
        color: Theme.outline
        Rectangle { // reused from memory, and in front of it what came from disk
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
        id: label
        objectName: "usageText"
        anchors.left: parent.left
        anchors.leftMargin: bar.visible ? bar.width + Theme.space2 : 0
        anchors.right: parent.right
        wrapMode: Text.Wrap
        text: [line.outcome, line.usage].filter(part => part.length > 0).join("\u00a0· ")
        font.pixelSize: Theme.sizeSmall
        color: Theme.textMuted
    }
}
