import QtQuick
import QtQuick.Layouts
import Kvasir

// Into which form and file a chat, or all of them, are exported.
Dialog {
    id: panel

    required property TransferController transfer
    property var chatId: 0 // 0: all chats
    property string chatTitle: ""
    property int form: TransferController.Markdown

    function show(id: var, name: string) {
        chatId = id;
        chatTitle = name;
        suggest(id === 0 ? TransferController.Json : TransferController.Markdown);
        open();
    }
    function suggest(wanted: int) {
        form = wanted;
        path.text = transfer.suggestedPath(chatId === 0 ? qsTr("Kvasir chats") : chatTitle, form);
    }
    function finish() {
        transfer.exportTo(path.text, form, chatId);
        close();
    }

    title: chatId === 0 ? qsTr("Export all chats") : qsTr("Export this chat")
    maximumWidth: 520
    maximumHeight: contentItem.implicitHeight + topPadding + bottomPadding
    onOpened: path.forceActiveFocus()

    Segments {
        objectName: "exportForm"
        Layout.preferredWidth: 240
        accessibleName: qsTr("Form")
        choices: [qsTr("Markdown"), qsTr("JSON")]
        current: panel.form
        onChosen: index => panel.suggest(index)
    }
    TextLabel {
        Layout.fillWidth: true
        wrapMode: Text.Wrap
        lineHeight: 1.35
        color: Theme.textMuted
        text: panel.form === TransferController.Json
            ? qsTr("Loses nothing: all alternatives, reasoning and figures. Kvasir can import it again.")
            : qsTr("To be read: the messages that are shown.")
    }
    LineField {
        id: path
        objectName: "exportPath"
        Layout.fillWidth: true
        Accessible.name: qsTr("File")
        onAccepted: panel.finish()
    }
    RowLayout {
        Layout.fillWidth: true
        Layout.topMargin: Theme.space1
        spacing: Theme.space2
        Item { Layout.fillWidth: true }
        PushButton {
            text: qsTr("Cancel")
            onClicked: panel.close()
        }
        PushButton {
            objectName: "exportButton"
            primary: true
            enabled: path.text.trim().length > 0 && !panel.transfer.busy
            text: qsTr("Export")
            onClicked: panel.finish()
        }
    }
}
