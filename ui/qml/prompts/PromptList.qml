import QtQuick
import QtQuick.Templates as T
import Kvasir

// The chat's own prompt, then the library.
Item {
    id: pane

    required property ChatController chat
    required property int selectedId // -1: this chat's own; 0: a new one
    signal selected(int id)

    readonly property int ownId: -1
    readonly property int newId: 0

    Flickable {
        anchors.fill: parent
        anchors.margins: Theme.space3
        anchors.rightMargin: 2
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        contentHeight: column.implicitHeight
        T.ScrollBar.vertical: SlimScrollBar {}
        Column {
            id: column
            width: parent.width - Theme.space3 + 2
            spacing: 2
            PromptRow {
                objectName: "ownPromptRow"
                text: qsTr("This chat")
                current: pane.selectedId === pane.ownId
                onClicked: pane.selected(pane.ownId)
            }
            TextLabel {
                leftPadding: Theme.space3
                topPadding: Theme.space3
                bottomPadding: Theme.space1
                text: qsTr("Library")
                font.pixelSize: Theme.sizeSmall
                font.weight: Font.Medium
                color: Theme.textMuted
            }
            Repeater {
                model: pane.chat.systemPrompts
                PromptRow {
                    required property var promptId
                    required property string name
                    required property bool isDefault
                    text: name
                    detail: isDefault ? qsTr("default") : ""
                    current: pane.selectedId === promptId
                    onClicked: pane.selected(promptId)
                }
            }
            PromptRow {
                objectName: "newPromptRow"
                iconName: "plus"
                text: qsTr("New prompt")
                current: pane.selectedId === pane.newId
                onClicked: pane.selected(pane.newId)
            }
        }
    }
}
