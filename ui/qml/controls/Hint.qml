import QtQuick
import QtQuick.Templates as T
import Kvasir

// What a control without words does, shown after a pause.
T.ToolTip {
    id: hint

    delay: Theme.hintDelay
    y: parent ? parent.height + Theme.space1 : 0
    x: parent ? Math.round((parent.width - implicitWidth) / 2) : 0
    margins: Theme.space2
    padding: Theme.space2
    topPadding: Theme.space1
    bottomPadding: Theme.space1
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutsideParent
    implicitWidth: contentItem.implicitWidth + leftPadding + rightPadding
    implicitHeight: contentItem.implicitHeight + topPadding + bottomPadding

    contentItem: TextLabel {
        text: hint.text
        font.pixelSize: Theme.sizeSmall
        color: Theme.surface
    }
    background: Rectangle {
        radius: Theme.radiusControl
        color: Theme.text
    }
}
