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
            plain: true
            markdown: message.text
            Accessible.name: qsTr("You: %1").arg(message.text)
        }
    }
    Item {
        id: actions
        anchors.top: bubble.bottom
        anchors.right: parent.right
        width: copy.width
        height: 28
        opacity: message.actionsShown ? 1 : 0
        Behavior on opacity { NumberAnimation { duration: Theme.durationFast } }
        IconButton {
            id: copy
            anchors.verticalCenter: parent.verticalCenter
            implicitWidth: 28
            implicitHeight: 28
            iconSize: Theme.iconSizeSmall
            iconName: "copy"
            text: qsTr("Copy message")
            onClicked: message.copyRequested()
        }
    }
}
