import QtQuick
import QtQuick.Templates as T
import Kvasir

// One line of writing.
T.TextField {
    id: control

    implicitHeight: Theme.rowHeight
    implicitWidth: 200
    leftPadding: Theme.space3
    rightPadding: Theme.space3
    color: Theme.text
    font.family: Theme.family
    font.pixelSize: Theme.sizeLabel
    verticalAlignment: TextInput.AlignVCenter
    selectByMouse: true
    selectionColor: Theme.selection
    selectedTextColor: Theme.text
    placeholderTextColor: Theme.textMuted
    Accessible.role: Accessible.EditableText

    background: Rectangle {
        radius: Theme.radiusControl
        color: Theme.surfaceRaised
        border.width: control.activeFocus ? 2 : 1
        border.color: control.activeFocus ? Theme.accent : Theme.outline
    }

    TextLabel {
        anchors.fill: parent
        leftPadding: control.leftPadding
        verticalAlignment: Text.AlignVCenter
        visible: control.text.length === 0 && control.preeditText.length === 0
        text: control.placeholderText
        color: control.placeholderTextColor
        Accessible.ignored: true
    }
}
