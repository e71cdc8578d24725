import QtQuick
import Kvasir

// What the person wrote, as they wrote it: a soft bubble on the right.
Item {
    id: message

    required property string text
    required property bool active // hovered or focused: the actions show
    signal copyRequested

    readonly property bool actionsShown: active || copy.activeFocus

    implicitHeight: bubble.height + actions.height

    Rectangle {
        id: bubble
        anchors.right: parent.right
        width: Math.min(edit.implicitWidth, Math.round(parent.width * 0.85))
        height: edit.implicitHeight
        radius: Theme.radiusComposer
        color: Theme.accentSoft

        TextEdit {
            id: edit
            width: parent.width
            leftPadding: Theme.space4
            rightPadding: Theme.space4
            topPadding: Theme.space2 + 2
            bottomPadding: Theme.space2 + 2
            readOnly: true
            selectByMouse: true
            textFormat: TextEdit.PlainText
            wrapMode: TextEdit.Wrap
            text: message.text
            color: Theme.text
            font.pixelSize: Theme.sizeBody
            selectionColor: Theme.selection
            selectedTextColor: Theme.text
            Accessible.role: Accessible.StaticText
            Accessible.name: qsTr("You: %1").arg(text)
            HoverHandler { cursorShape: Qt.IBeamCursor }
        }
    }
    Item {
        id: actions
        anchors.top: bubble.bottom
        anchors.right: parent.right
        width: copy.width
        height: 32
        opacity: message.actionsShown ? 1 : 0
        Behavior on opacity { NumberAnimation { duration: Theme.durationFast } }
        IconButton {
            id: copy
            anchors.verticalCenter: parent.verticalCenter
            implicitWidth: 28
            implicitHeight: 28
            iconSize: 16
            iconName: "copy"
            text: qsTr("Copy message")
            onClicked: message.copyRequested()
        }
    }
}
