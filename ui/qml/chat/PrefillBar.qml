import QtQuick
import Kvasir

// Shown from the question until the answer's first word: how far the prompt has been read.
Item {
    id: bar

    required property int done
    required property int total
    property string remaining: "" // how long it will take; empty: not known
    property bool modelLoading: false
    property bool summarising: false
    readonly property bool known: total > 0
    readonly property real part: known ? Math.min(1, done / total) : 0

    implicitHeight: Math.round(Theme.sizeBody * Theme.lineHeight)
    implicitWidth: row.implicitWidth
    Accessible.role: Accessible.ProgressBar
    Accessible.name: label.text

    Row {
        id: row
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.space3
        Row {
            visible: !bar.known
            anchors.verticalCenter: parent.verticalCenter
            spacing: Theme.space1
            Repeater {
                model: 3
                Rectangle {
                    id: dot
                    required property int index
                    width: 6
                    height: 6
                    radius: 3
                    color: Theme.accent
                    opacity: 0.35
                    SequentialAnimation on opacity {
                        running: !bar.known && !Theme.reducedMotion && bar.visible
                        loops: Animation.Infinite
                        PauseAnimation { duration: dot.index * Theme.durationPulse / 6 }
                        NumberAnimation { to: 1; duration: Theme.durationPulse / 3 }
                        NumberAnimation { to: 0.35; duration: Theme.durationPulse / 3 }
                        PauseAnimation { duration: (2 - dot.index) * Theme.durationPulse / 6 }
                    }
                }
            }
        }
        Rectangle {
            visible: bar.known
            anchors.verticalCenter: parent.verticalCenter
            width: 160
            height: 4
            radius: 2
            color: Theme.outline
            Rectangle {
                width: Math.max(parent.height, parent.width * bar.part)
                height: parent.height
                radius: parent.radius
                color: Theme.accent
                Behavior on width { NumberAnimation { duration: Theme.durationFast; easing.type: Easing.OutCubic } }
            }
        }
        TextLabel {
            id: label
            objectName: "prefillText"
            anchors.verticalCenter: parent.verticalCenter
            text: bar.known
                ? qsTr("Reading %1 of %2\u00a0tokens").arg(bar.done.toLocaleString(Qt.locale(), "f", 0))
                                                 .arg(bar.total.toLocaleString(Qt.locale(), "f", 0))
                  + (bar.remaining === "" ? "" : " · " + bar.remaining)
                : bar.modelLoading ? qsTr("Loading the model") : bar.summarising ? qsTr("Summing up the beginning") : qsTr("Reading")
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
        }
    }
}
