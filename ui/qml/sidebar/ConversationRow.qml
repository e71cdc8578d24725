import QtQuick
import Kvasir

// A chat in the side bar.
ListRow {
    required property var conversationId
    required property bool generating

    live: generating
    nameOfTitle: qsTr("Title of the chat")
    Accessible.name: generating ? qsTr("%1, answering").arg(title) : title
}
