import QtQuick
import QtQuick.Templates as T
import Kvasir

// Shown when the chat window can't open: what happened, and what to do.
T.ApplicationWindow {
    id: window

    required property string message

    width: 520
    height: Math.max(220, content.implicitHeight + 2 * Theme.space8)
    visible: true
    color: Theme.surface
    title: qsTr("Kvasir could not start")

    Shortcut { sequence: "Esc"; onActivated: window.close() }

    Column {
        id: content
        anchors.centerIn: parent
        width: parent.width - 2 * Theme.space8
        spacing: Theme.space4

        TextLabel {
            width: parent.width
            text: window.title
            font.pixelSize: Theme.sizeTitle
            font.weight: Font.DemiBold
            wrapMode: Text.Wrap
        }
        TextLabel {
            objectName: "errorText"
            width: parent.width
            text: window.message
            font.pixelSize: Theme.sizeBody
            lineHeight: 1.4
            wrapMode: Text.Wrap
        }
        PushButton {
            anchors.right: parent.right
            text: qsTr("Close")
            primary: true
            focus: true
            onClicked: window.close()
        }
    }
}
