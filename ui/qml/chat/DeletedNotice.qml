import QtQuick
import Kvasir

// Messages were deleted: for a while they can come back.
NoticeBar {
    id: notice

    required property ChatController chat

    visible: chat.deletedMessages > 0
    text: chat.deletedMessages === 1 ? qsTr("Message deleted") : qsTr("%1 messages deleted").arg(chat.deletedMessages)
    actionText: qsTr("Undo")
    actionObjectName: "undoMessagesButton"
    onAction: chat.undoDeleteMessage()
    onDismissed: chat.dismissDeletedMessages()
    HoverHandler { id: hover }
    Timer {
        running: notice.visible && !hover.hovered
        interval: Theme.undoTime
        onTriggered: notice.chat.dismissDeletedMessages()
    }
}
