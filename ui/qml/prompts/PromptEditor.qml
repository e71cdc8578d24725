import QtQuick
import QtQuick.Layouts
import Kvasir

// Writes one prompt: the chat's own (promptId -1), a new one (0) or one of the library.
ColumnLayout {
    id: editor

    required property ChatController chat
    required property int promptId
    signal finished

    readonly property bool own: promptId < 0
    readonly property bool fresh: promptId === 0
    readonly property string trimmedName: nameField.text.trim()
    readonly property bool named: trimmedName.length > 0
    readonly property bool nameTaken: named && chat.systemPrompts.isNameTaken(trimmedName, Math.max(0, promptId))
    readonly property bool savable: named && !nameTaken && box.text.trim().length > 0
    property bool wasDefault: false

    function load() {
        wasDefault = promptId > 0 && chat.systemPrompts.isDefault(promptId);
        nameField.text = promptId > 0 ? chat.systemPrompts.nameOf(promptId) : "";
        box.text = own ? chat.promptText : promptId > 0 ? chat.systemPrompts.textOf(promptId) : "";
        defaultBox.checked = wasDefault;
    }
    function save(useHere: bool) {
        chat.savePrompt(Math.max(0, promptId), trimmedName, box.text, useHere);
        if (defaultBox.checked !== wasDefault)
            chat.setDefaultPrompt(defaultBox.checked ? promptId : 0);
    }

    spacing: Theme.space2
    onPromptIdChanged: load()
    Component.onCompleted: load()

    TextLabel {
        Layout.fillWidth: true
        text: editor.own ? qsTr("How should Kvasir behave in this chat?") : editor.fresh ? qsTr("New prompt") : qsTr("Edit prompt")
        font.pixelSize: Theme.sizeBody
        font.weight: Font.DemiBold
        rightPadding: Theme.space8
    }
    LineField {
        id: nameField
        objectName: "promptName"
        Layout.fillWidth: true
        Layout.topMargin: Theme.space1
        placeholderText: editor.own ? qsTr("Name, to keep it in the library (optional)") : qsTr("Name")
        maximumLength: 80
        Accessible.name: qsTr("Name of the prompt")
    }
    TextLabel {
        visible: editor.nameTaken
        text: qsTr("Another prompt has this name. Choose a different one.")
        font.pixelSize: Theme.sizeSmall
        color: Theme.danger
    }
    TextBox {
        id: box
        objectName: "promptText"
        Layout.fillWidth: true
        Layout.fillHeight: true
        Layout.minimumHeight: 96
        accessibleName: qsTr("Text of the prompt")
        placeholderText: qsTr("For example: You are a friendly companion. Answer in one or two sentences.")
    }
    CheckRow {
        id: defaultBox
        objectName: "promptDefault"
        visible: !editor.own && !editor.fresh
        text: qsTr("New chats start with this prompt")
    }
    TextLabel {
        Layout.fillWidth: true
        wrapMode: Text.Wrap
        lineHeight: 1.3
        text: editor.own ? qsTr("Only this chat will use these words.")
            : qsTr("Chats that already use this prompt keep the words they began with.")
        font.pixelSize: Theme.sizeSmall
        color: Theme.textMuted
    }
    RowLayout {
        Layout.fillWidth: true
        Layout.topMargin: Theme.space2
        spacing: Theme.space2
        PushButton {
            objectName: "deletePromptButton"
            visible: !editor.own && !editor.fresh
            dangerous: true
            text: qsTr("Delete")
            onClicked: {
                editor.chat.deletePrompt(editor.promptId);
                editor.finished();
            }
        }
        Item { Layout.fillWidth: true }
        PushButton {
            objectName: "savePromptButton"
            text: editor.own ? qsTr("Save to library") : qsTr("Save")
            enabled: editor.savable
            onClicked: {
                editor.save(editor.own);
                editor.finished();
            }
        }
        PushButton {
            objectName: "usePromptButton"
            primary: true
            text: editor.own ? qsTr("Use in this chat") : qsTr("Save and use here")
            enabled: editor.own || editor.savable
            onClicked: {
                if (editor.own)
                    editor.chat.usePromptText(box.text, 0);
                else
                    editor.save(true);
                editor.finished();
            }
        }
    }
}
