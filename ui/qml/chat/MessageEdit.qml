import QtQuick
import Kvasir

// What is being written in a message's place. It is held here, since what shows the message comes and goes.
QtObject {
    id: edit

    required property ChatController chat
    property var messageId: 0 // 0: nothing is being edited
    property string text
    readonly property string original: messageId === 0 ? "" : chat.messages.textOf(messageId)
    readonly property bool changed: text.trim().length > 0 && text.trim() !== original.trim()
    signal begun(var messageId)
    signal ended

    function begin(id: var) {
        if (chat.generating || chat.messages.rowOf(id) < 0)
            return;
        text = chat.messages.textOf(id);
        messageId = id;
        begun(id);
    }
    function save() {
        if (chat.generating)
            return;
        if (changed)
            chat.editMessage(messageId, text);
        cancel();
    }
    function cancel() {
        messageId = 0;
        ended();
    }
}
