import QtQuick
import QtQuick.Layouts
import Kvasir

// Says that nothing of the chat is kept, and ends it.
RowLayout {
    id: mark

    required property ChatController chat
    property bool compact: false

    spacing: Theme.space2

    Rectangle {
        objectName: "privateMark"
        implicitWidth: row.implicitWidth + 2 * Theme.space3
        implicitHeight: Theme.controlHeight - Theme.space1
        radius: height / 2
        color: Theme.accentSoft
        Accessible.role: Accessible.StaticText
        Accessible.name: qsTr("Private: nothing of this chat is kept")
        Row {
            id: row
            anchors.centerIn: parent
            spacing: Theme.space1
            Icon {
                anchors.verticalCenter: parent.verticalCenter
                name: "private"
                size: Theme.iconSizeSmall
                color: Theme.accent
            }
            TextLabel {
                anchors.verticalCenter: parent.verticalCenter
                text: mark.compact ? qsTr("Private") : qsTr("Private: nothing of this chat is kept")
                color: Theme.accent
                Accessible.ignored: true
            }
        }
    }
    PushButton {
        objectName: "endPrivateButton"
        text: mark.chat.currentId === 0 ? qsTr("Cancel") : qsTr("End it")
        Accessible.name: qsTr("End the private chat")
        onClicked: mark.chat.endPrivate()
    }
}
