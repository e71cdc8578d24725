import QtQuick
import Kvasir

// What the person wrote, as they wrote it: a soft bubble on the right.
Item {
    id: message

    required property string text
    required property bool active // hovered or focused: the actions show
    signal copyRequested

    readonly property bool actionsShown: active || copy.activeFocus

    // A question stands apart from the answer before it and close to its own.
    implicitHeight: bubble.y + bubble.height + Theme.space2

    Rectangle {
        id: bubble
        y: Theme.space3
        anchors.right: parent.right
        width: Math.min(Math.ceil(edit.implicitWidth), Math.round(parent.width * 0.85))
        height: edit.implicitHeight
        radius: Theme.radiusComposer
        color: Theme.accentSoft

        ProseBlock {
            id: edit
            width: parent.width
            leftPadding: Theme.space4
            rightPadding: Theme.space4
            topPadding: Theme.space2 + lead
            bottomPadding: Theme.space2 - lead
            plainText: message.text
            Accessible.name: qsTr("You: %1").arg(message.text)
        }
    }
    IconButton {
        id: copy
        anchors.right: bubble.left
        anchors.rightMargin: Theme.space1
        anchors.bottom: bubble.bottom
        anchors.bottomMargin: Theme.space1
        implicitWidth: 28
        implicitHeight: 28
        iconSize: Theme.iconSizeSmall
        iconName: "copy"
        text: qsTr("Copy message")
        opacity: message.actionsShown ? 1 : 0
        onClicked: message.copyRequested()
        Behavior on opacity { NumberAnimation { duration: Theme.durationFast } }
    }
}
