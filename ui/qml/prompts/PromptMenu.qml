import QtQuick
import Kvasir

// Which system prompt the chat has; a click offers the library.
Chip {
    id: chip

    required property ChatController chat
    signal manageRequested(bool ownPrompt)

    objectName: "promptChip"
    iconName: "prompt"
    text: chat.promptLabel
    Accessible.name: qsTr("System prompt: %1").arg(text)
    onClicked: menu.opened ? menu.close() : menu.open()

    MenuPanel {
        id: menu
        objectName: "promptMenu"
        y: -implicitHeight - Theme.space2
        contentWidth: 260
        accessibleName: qsTr("System prompts")

        MenuRow {
            text: qsTr("No system prompt")
            chosen: chip.chat.promptText.length === 0
            onClicked: {
                chip.chat.usePrompt(0);
                menu.close();
            }
        }
        Repeater {
            model: chip.chat.systemPrompts
            MenuRow {
                required property var promptId
                required property string name
                required property bool isDefault
                text: name
                detail: isDefault ? qsTr("default") : ""
                chosen: chip.chat.promptText.length > 0 && promptId === chip.chat.promptId
                onClicked: {
                    chip.chat.usePrompt(promptId);
                    menu.close();
                }
            }
        }
        Item {
            width: parent.width
            height: Theme.space3
            Rectangle {
                anchors.verticalCenter: parent.verticalCenter
                width: parent.width
                height: 1
                color: Theme.outline
            }
        }
        MenuRow {
            objectName: "writeOwnPrompt"
            iconName: "rename"
            text: qsTr("Write one for this chat")
            onClicked: {
                menu.close();
                chip.manageRequested(true);
            }
        }
        MenuRow {
            objectName: "managePrompts"
            iconName: "manage"
            text: qsTr("Manage prompts")
            onClicked: {
                menu.close();
                chip.manageRequested(false);
            }
        }
    }
}
