import QtQuick
import QtQuick.Templates as T
import Kvasir

// A few words that do something, in a line of text.
T.AbstractButton {
    id: control

    implicitWidth: contentItem.implicitWidth
    implicitHeight: contentItem.implicitHeight
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.Button
    Accessible.name: text
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    background: Item {
        FocusRing { shown: control.visualFocus }
    }
    contentItem: TextLabel {
        text: control.text
        color: Theme.accent
        font.underline: control.hovered
        Accessible.ignored: true
    }
}
