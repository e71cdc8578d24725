import QtQuick
import QtQuick.Templates as T
import Kvasir

// The window: chats on the left, the open one on the right.
T.ApplicationWindow {
    id: window

    required property ChatController chat
    required property ChatListController chats
    required property SearchController search
    required property TransferController transfer
    required property ModelController models
    required property ContextController context
    required property AnswerSettingsController answers
    required property ProfileController profiles
    required property StorageController storage
    required property UiSettings settings

    readonly property bool overlaid: width < Theme.overlayWidth
    property bool overlayOpen: false
    readonly property bool sidebarOpen: overlaid ? overlayOpen : settings.sidebarShown
    readonly property bool sidebarDocked: sidebarOpen && !overlaid

    function toggleSidebar() {
        if (overlaid)
            overlayOpen = !overlayOpen;
        else
            settings.sidebarShown = !settings.sidebarShown;
    }
    function searchChats() {
        if (!sidebarOpen)
            toggleSidebar();
        sidebar.focusSearch();
    }
    function rememberFolder(file: string) {
        const folder = Paths.folderOf(file);
        if (folder.toString().length > 0)
            settings.modelFolder = folder;
    }
    function newChat() {
        chat.newChat();
        overlayOpen = false;
        page.focusComposer();
    }

    width: settings.windowWidth
    height: settings.windowHeight
    minimumWidth: 420
    minimumHeight: 460
    visible: true
    color: Theme.surface
    title: qsTr("%1 – Kvasir").arg(chat.currentTitle)

    Component.onCompleted: {
        if (settings.windowMaximized)
            showMaximized();
        page.focusComposer();
    }
    onClosing: settings.keepWindow(visibility, width, height)
    onOverlaidChanged: overlayOpen = false

    Binding { target: Theme; property: "mode"; value: window.settings.themeMode }
    Binding { target: Theme; property: "fontScale"; value: window.settings.fontScale }
    Binding { target: Theme; property: "reducedMotion"; value: window.settings.reducedMotion }

    Shortcut { sequence: StandardKey.New; onActivated: window.newChat() }
    Shortcut { sequence: "Ctrl+K"; onActivated: window.searchChats() }
    Shortcut { sequence: "Ctrl+Shift+N"; onActivated: window.chat.openPrivate() }
    Shortcut { sequence: settingsPanel.openingKey; onActivated: settingsPanel.open() }
    Shortcut { sequence: keys.openingKey; onActivated: keys.open() }
    Shortcut { sequence: "Ctrl+B"; onActivated: window.toggleSidebar() }
    Shortcut { sequences: ["Ctrl+Return", "Ctrl+Enter"]; onActivated: window.chat.regenerateLast() }
    Shortcut {
        sequence: "Esc"
        enabled: window.chat.generating || window.overlayOpen
        onActivated: window.overlayOpen ? window.overlayOpen = false : window.chat.stop()
    }
    Connections {
        target: window.chat
        function onCurrentChanged() { page.focusComposer(); }
    }
    Connections {
        target: window.profiles
        function onNoticeChanged() {
            if (window.profiles.notice.length > 0)
                profilePanel.open();
        }
    }

    ChatPage {
        id: page
        anchors.fill: parent
        anchors.leftMargin: window.overlaid ? 0 : sidebar.x + sidebar.width
        chat: window.chat
        models: window.models
        context: window.context
        sidebarDocked: window.sidebarDocked
        onSidebarToggled: window.toggleSidebar()
        onManagePromptsRequested: ownPrompt => prompts.show(ownPrompt)
        onPickModelRequested: picker.show(window.settings.modelFolder)
    }
    Rectangle {
        anchors.fill: parent
        color: Theme.scrim
        visible: opacity > 0
        opacity: window.overlaid && window.overlayOpen ? 1 : 0
        Behavior on opacity { NumberAnimation { duration: Theme.durationSlow } }
        MouseArea {
            anchors.fill: parent
            onClicked: window.overlayOpen = false
        }
    }
    Sidebar {
        id: sidebar
        objectName: "sidebar"
        width: Theme.sidebarWidth
        height: parent.height
        x: window.sidebarOpen ? 0 : -width
        visible: x > -width
        chat: window.chat
        chats: window.chats
        search: window.search
        transfer: window.transfer
        profiles: window.profiles
        settings: window.settings
        onHideRequested: window.toggleSidebar()
        onManageProfilesRequested: profilePanel.open()
        onStorageRequested: storagePanel.open()
        onSettingsRequested: settingsPanel.open()
        onKeysRequested: keys.open()
        onImportRequested: importPicker.show(window.settings.modelFolder)
        onExportRequested: (chatId, title) => exportPanel.show(chatId, title)
        onChosen: window.overlayOpen = false
        Behavior on x { NumberAnimation { duration: Theme.durationSlow; easing.type: Easing.OutCubic } }
    }
    PromptPanel {
        id: prompts
        objectName: "promptPanel"
        chat: window.chat
    }
    ModelPicker {
        id: picker
        onPicked: file => {
            window.rememberFolder(file);
            window.models.open(file);
        }
        onClosed: page.focusComposer() // else what had opened it would have the keys, unseen in a closed panel
    }
    ImportPicker {
        id: importPicker
        onPicked: file => {
            window.rememberFolder(file);
            window.transfer.importFile(file);
        }
        onClosed: page.focusComposer()
    }
    ExportPanel {
        id: exportPanel
        objectName: "exportPanel"
        transfer: window.transfer
        onClosed: page.focusComposer()
    }
    ProfilePanel {
        id: profilePanel
        objectName: "profilePanel"
        profiles: window.profiles
        onClosed: page.focusComposer()
    }
    StoragePanel {
        id: storagePanel
        objectName: "storagePanel"
        storage: window.storage
        onClosed: page.focusComposer()
    }
    ShortcutSheet { id: keys; onClosed: page.focusComposer() }
    SettingsPanel {
        id: settingsPanel
        settings: window.settings
        answers: window.answers
        models: window.models
        onStorageRequested: storagePanel.open()
        onClosed: page.focusComposer()
    }
    OpeningOverlay { profiles: window.profiles; onClosed: page.focusComposer() }
    DropOverlay {
        id: dropArea
        objectName: "dropArea"
        anchors.fill: parent
        models: window.models
        transfer: window.transfer
        onOpened: window.requestActivate()
    }
}
