import QtQuick
import QtQuick.Templates as T
import Kvasir

// All chats: the pinned ones, folders, the others by day. Up and Down go through it; chats and folders can be
// dragged to where they belong.
ListView {
    id: list

    required property ChatController chat
    required property ChatListController chats
    signal chosen
    signal exportRequested(var chatId, string title)

    property Item menuRow: null // whose menu is open, or was
    property bool renamesNext: false
    property Item draggedRow: null
    property int dropRow: -1 // under the pointer
    readonly property int markedRow: !draggedRow || dropRow < 0 ? -1 : model.folderAt(dropRow) !== 0
        ? model.rowOfFolder(model.folderAt(dropRow)) : model.isPinnedAt(dropRow) ? dropRow : -1

    function focusRow(row: int, step: int) {
        while (model.kindAt(row) === ConversationListModel.Heading)
            row += step;
        if (row < 0 || row >= count)
            return;
        positionViewAtIndex(row, ListView.Contain);
        const entry = itemAtIndex(row);
        if (entry)
            entry.item.forceActiveFocus(Qt.TabFocusReason);
    }
    function openMenu(row: Item) {
        menuRow = row;
        (row.folderId === undefined ? chatMenu : folderMenu).open();
    }
    function drag(row: Item, position: point) {
        draggedRow = row;
        const at = list.mapFromItem(null, position.x, position.y);
        ghost.x = at.x + Theme.space2;
        ghost.y = at.y + Theme.space1;
        dropRow = contains(at) ? indexAt(Theme.space6, contentY + at.y) : -1;
        scroller.step = at.y < Theme.rowHeight ? -1 : at.y > height - Theme.rowHeight ? 1 : 0;
    }
    function drop() {
        const row = draggedRow;
        draggedRow = null;
        scroller.step = 0;
        if (!row || !contains(Qt.point(ghost.x, ghost.y)))
            return;
        if (row.folderId === undefined)
            chats.dropChat(row.conversationId, dropRow);
        else
            chats.dropFolder(row.folderId, dropRow);
    }

    clip: true
    reuseItems: true
    boundsBehavior: Flickable.StopAtBounds
    model: chats.conversations
    spacing: 2
    currentIndex: -1
    footer: Item { height: Theme.space3 }
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Chats")
    T.ScrollBar.vertical: SlimScrollBar {}

    Connections {
        target: list.chats
        function onFolderCreated(row: int) {
            list.positionViewAtIndex(row, ListView.Contain);
            const entry = list.itemAtIndex(row);
            if (entry)
                entry.item.beginRename();
        }
    }
    TextLabel {
        parent: list // not its scrolled content, which begins anywhere while it is empty
        x: Theme.space6
        y: Theme.space3
        visible: list.count === 0
        text: qsTr("Your chats will be here.")
        color: Theme.textMuted
    }
    Rectangle {
        id: ghost
        parent: list
        z: 2
        visible: list.draggedRow !== null
        width: Math.min(name.implicitWidth, list.width / 2) + 2 * Theme.space3
        height: Theme.controlHeight
        radius: Theme.radiusControl
        color: Theme.surfaceRaised
        border.width: 1
        border.color: Theme.outlineStrong
        TextLabel {
            id: name
            anchors.fill: parent
            anchors.leftMargin: Theme.space3
            anchors.rightMargin: Theme.space3
            verticalAlignment: Text.AlignVCenter
            text: list.draggedRow ? list.draggedRow.title : ""
        }
    }
    Timer {
        id: scroller
        property int step: 0
        running: step !== 0
        repeat: true
        interval: 16
        onTriggered: list.contentY = Math.max(list.originY, Math.min(list.contentY + step * Theme.space2,
            list.originY + Math.max(0, list.contentHeight - list.height)))
    }
    ChatMenu {
        id: chatMenu
        objectName: "chatMenu"
        parent: list.menuRow ?? list
        chats: list.chats
        conversationId: list.menuRow?.conversationId ?? 0
        pinned: list.menuRow?.pinned ?? false
        folderId: list.menuRow?.ownFolder ?? 0
        y: Theme.rowHeight
        x: Theme.space6
        onExportRequested: list.exportRequested(list.menuRow.conversationId, list.menuRow.title)
        onRenameRequested: list.renamesNext = true
        onClosed: list.menuClosed()
    }
    FolderMenu {
        id: folderMenu
        objectName: "folderMenu"
        parent: list.menuRow ?? list
        chats: list.chats
        folderId: list.menuRow?.folderId ?? 0
        y: Theme.rowHeight
        x: Theme.space6
        onRenameRequested: list.renamesNext = true
        onClosed: list.menuClosed()
    }
    /// Only now does the menu not take the keys any more.
    function menuClosed() {
        if (renamesNext && menuRow)
            menuRow.beginRename();
        renamesNext = false;
    }

    delegate: ChatListEntry {
        view: list
    }
}
