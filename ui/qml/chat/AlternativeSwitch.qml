import QtQuick
import Kvasir

// Which of several alternatives to a message is shown, and the way to the others.
FocusScope {
    id: control

    required property ChatController chat
    required property var messageId
    required property int alternative // from 1
    required property int alternatives
    required property bool isUser

    implicitWidth: row.implicitWidth
    implicitHeight: row.implicitHeight
    Keys.onLeftPressed: chat.swipe(messageId, -1)
    Keys.onRightPressed: chat.swipe(messageId, 1)

    Row {
        id: row
        MessageButton {
            id: previous
            objectName: "previousButton"
            focus: true
            focusPolicy: Qt.TabFocus
            implicitWidth: 24
            enabled: control.alternative > 1 && !control.chat.generating
            iconName: "previous"
            iconSize: 14
            text: control.isUser ? qsTr("Earlier wording") : qsTr("Previous answer")
            keys: qsTr("Left")
            onClicked: control.chat.swipe(control.messageId, -1)
        }
        TextLabel {
            objectName: "alternativeText"
            anchors.verticalCenter: parent.verticalCenter
            text: qsTr("%1/%2").arg(control.alternative).arg(control.alternatives)
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
            Accessible.name: qsTr("%1 of %2").arg(control.alternative).arg(control.alternatives)
        }
        MessageButton {
            id: next
            objectName: "nextButton"
            implicitWidth: 24
            enabled: control.alternative < control.alternatives && !control.chat.generating
            iconName: "next"
            iconSize: 14
            text: control.isUser ? qsTr("Later wording") : qsTr("Next answer")
            keys: qsTr("Right")
            onClicked: control.chat.swipe(control.messageId, 1)
        }
    }
}
