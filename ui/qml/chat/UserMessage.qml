import QtQuick
import Kvasir

// What the person wrote, as they wrote it: a soft bubble on the right, and under it what can be done with it.
Item {
    id: message

    required property ChatController chat
    required property MessageEdit edit
    required property MessageFinder finder
    required property int messageRow
    required property var messageId
    required property MarkdownBlockModel blocks
    required property int alternative // from 1
    required property int alternatives
    required property string editedText // empty: it was not
    required property bool isLast
    required property bool active // pointed at: the actions show

    readonly property bool editing: messageId === edit.messageId
    readonly property TextEdit onlyText: prose.count === 1 ? prose.firstBlock?.textItem ?? null : null
    property int textWidth: width // if no line of it breaks

    function measure() {
        textWidth = onlyText ? Math.ceil(onlyText.implicitWidth) : width;
    }
    onOnlyTextChanged: measure()
    Connections {
        target: message.onlyText
        function onImplicitWidthChanged() { message.measure(); }
    }

    // A question stands apart from the answer before it and close to its own.
    implicitHeight: editing ? editor.y + editor.height + Theme.space3 : foot.y + foot.height

    Rectangle {
        id: bubble
        visible: !message.editing
        y: Theme.space3
        anchors.right: parent.right
        width: Math.min(message.textWidth + 2 * Theme.space4, Math.round(parent.width * 0.85))
        height: prose.height + 2 * Theme.space2
        radius: Theme.radiusComposer
        color: Theme.accentSoft
        Accessible.role: Accessible.Grouping
        Accessible.name: qsTr("Your message")

        MarkdownBlocks {
            id: prose
            x: Theme.space4
            y: Theme.space2
            width: parent.width - 2 * Theme.space4
            blocks: message.blocks
            finder: message.finder
            row: message.messageRow
            onCopyRequested: text => message.chat.copyText(text)
        }
    }
    Row {
        id: foot
        visible: !message.editing
        anchors.top: bubble.bottom
        anchors.right: parent.right
        anchors.rightMargin: -Theme.space1 // the icon, not its room, stands in line with the bubble
        height: 28
        spacing: Theme.space1
        MessageActions {
            chat: message.chat
            edit: message.edit
            messageId: message.messageId
            isUser: true
            isLast: message.isLast
            wanted: message.active
        }
        Loader {
            anchors.verticalCenter: parent.verticalCenter
            active: message.editedText.length > 0
            visible: active
            sourceComponent: EditedMark {
                editedText: message.editedText
                rightPadding: Theme.space1 // which the icons have in themselves
            }
        }
        Loader {
            active: message.alternatives > 1
            visible: active
            sourceComponent: AlternativeSwitch {
                chat: message.chat
                messageId: message.messageId
                alternative: message.alternative
                alternatives: message.alternatives
                isUser: true
            }
        }
    }
    Loader {
        id: editor
        active: message.editing
        visible: active
        y: Theme.space3
        width: parent.width
        sourceComponent: MessageEditor {
            edit: message.edit
            isUser: true
        }
    }
}
