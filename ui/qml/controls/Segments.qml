import QtQuick
import QtQuick.Templates as T
import Kvasir

// A few choices side by side, one of which holds.
Rectangle {
    id: control

    required property var choices // names, in order
    required property int current
    required property string accessibleName
    signal chosen(int index)

    implicitHeight: Theme.controlHeight + 4
    implicitWidth: 220
    radius: Theme.radiusControl + 2
    color: Theme.surfaceSunken
    Accessible.role: Accessible.Grouping
    Accessible.name: accessibleName

    Row {
        anchors.fill: parent
        anchors.margins: 2
        Repeater {
            model: control.choices
            T.AbstractButton {
                id: segment
                required property int index
                required property string modelData
                readonly property bool current: index === control.current
                objectName: control.objectName + index

                width: (control.width - 4) / control.choices.length
                height: parent.height
                hoverEnabled: true
                focusPolicy: Qt.StrongFocus
                text: modelData
                Accessible.role: Accessible.RadioButton
                Accessible.name: text
                Accessible.checked: current
                onClicked: control.chosen(index)
                background: Rectangle {
                    radius: Theme.radiusControl
                    color: segment.current ? Theme.surfaceRaised : segment.hovered ? Theme.hover : Theme.clear
                    border.width: segment.current ? 1 : 0
                    border.color: Theme.outline
                    FocusRing {
                        shown: segment.visualFocus
                        inset: 0
                    }
                }
                contentItem: TextLabel {
                    horizontalAlignment: Text.AlignHCenter
                    verticalAlignment: Text.AlignVCenter
                    text: segment.text
                    color: segment.current ? Theme.text : Theme.textMuted
                    font.weight: segment.current ? Font.Medium : Font.Normal
                    Accessible.ignored: true
                }
            }
        }
    }
}
