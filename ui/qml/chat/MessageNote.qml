import QtQuick
import QtQuick.Layouts
import Kvasir

// Why an answer is not whole, in place, with the next step.
RowLayout {
    id: note

    required property string text
    property bool failed: false
    property bool canRetry: false
    required property string actionText
    signal retry

    spacing: Theme.space2

    Icon {
        Layout.alignment: Qt.AlignTop
        Layout.topMargin: Math.max(0, (label.font.pixelSize * 1.4 - height) / 2)
        name: "alert"
        color: note.failed ? Theme.danger : Theme.textMuted
    }
    TextLabel {
        id: label
        objectName: "messageError"
        Layout.fillWidth: true
        text: note.text
        lineHeight: 1.35
        wrapMode: Text.Wrap
        color: note.failed ? Theme.danger : Theme.textMuted
        font.pixelSize: Theme.sizeLabel
        Accessible.role: note.failed ? Accessible.AlertMessage : Accessible.StaticText
    }
    PushButton {
        objectName: "retryButton"
        Layout.alignment: Qt.AlignTop
        visible: note.canRetry
        iconName: note.failed ? "retry" : "go-on"
        text: note.actionText
        onClicked: note.retry()
    }
}
