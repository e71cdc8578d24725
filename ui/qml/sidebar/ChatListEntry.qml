import QtQuick
import Kvasir

// One row of the list of chats, of whatever kind.
Loader {
    id: entry

    required property var view // a ChatList, which the two of them can not both name
    required property int index
    required property int kind
    required property var rowId
    required property string title
    required property bool generating
    required property bool pinned
    required property var folderId
    required property bool collapsed
    required property int chatCount

    readonly property int indent: kind === ConversationListModel.Chat && folderId !== 0 ? Theme.space4 : 0

    x: Theme.space3 + indent
    width: ListView.view ? ListView.view.width - 2 * Theme.space3 - indent : 0
    sourceComponent: kind === ConversationListModel.Chat ? chat : kind === ConversationListModel.Folder ? folder : heading

    Component {
        id: heading
        TextLabel {
            leftPadding: Theme.space3
            topPadding: Theme.space3
            bottomPadding: Theme.space1
            text: entry.title
            font.pixelSize: Theme.sizeSmall
            font.weight: Font.Medium
            color: Theme.textMuted
        }
    }
    Component {
        id: folder
        FolderRow {
            folderId: entry.rowId
            title: entry.title
            collapsed: entry.collapsed
            chatCount: entry.chatCount
            marked: entry.view.markedRow === entry.index && entry.view.draggedRow !== this
                && entry.view.draggedRow?.folderId === undefined
            lineAbove: entry.view.markedRow === entry.index && entry.view.draggedRow?.folderId !== undefined
            onCollapseRequested: collapsed => entry.view.chats.collapseFolder(folderId, collapsed)
            onRenamed: title => entry.view.chats.renameFolder(folderId, title)
            onMenuRequested: entry.view.openMenu(this)
            onMoveRequested: places => entry.view.chats.moveFolder(folderId, places)
            onDragMoved: position => entry.view.drag(this, position)
            onDragEnded: entry.view.drop()
            Keys.onDownPressed: event => entry.step(event, 1)
            Keys.onUpPressed: event => entry.step(event, -1)
        }
    }
    Component {
        id: chat
        ConversationRow {
            readonly property bool pinned: entry.pinned
            readonly property var ownFolder: entry.folderId
            conversationId: entry.rowId
            title: entry.title
            generating: entry.generating
            current: entry.rowId === entry.view.chat.currentId
            lineAbove: entry.view.markedRow === entry.index
            onClicked: {
                entry.view.chat.open(conversationId);
                entry.view.chosen();
            }
            onRenamed: title => entry.view.chats.rename(conversationId, title)
            onRemoved: entry.view.chats.remove(conversationId)
            onMenuRequested: entry.view.openMenu(this)
            onMoveRequested: places => entry.view.chats.movePinned(conversationId, places)
            onDragMoved: position => entry.view.drag(this, position)
            onDragEnded: entry.view.drop()
            Keys.onDownPressed: event => entry.step(event, 1)
            Keys.onUpPressed: event => entry.step(event, -1)
        }
    }
    function step(event: var, places: int) {
        event.accepted = !(event.modifiers & Qt.AltModifier); // which moves the row itself
        if (event.accepted)
            view.focusRow(index + places, places);
    }
}
