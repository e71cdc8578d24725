import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Kvasir

// What can be done with keys. It lists what Main.qml, the composer, the messages and the side bar listen to.
Dialog {
    id: sheet

    // Ways to press the same are parted by a space.
    readonly property var groups: [
        { title: qsTr("Chats"), rows: [
            { keys: "Ctrl+N", text: qsTr("New chat") },
            { keys: "Ctrl+Shift+N", text: qsTr("New private chat") },
            { keys: "Ctrl+K", text: qsTr("Search all chats") },
            { keys: "Ctrl+F", text: qsTr("Find in this chat") },
            { keys: "F3 Shift+F3", text: qsTr("Go to the next or previous place found") },
            { keys: "Ctrl+,", text: qsTr("Settings") },
            { keys: "Ctrl+B", text: qsTr("Show or hide the chats") },
            { keys: "F2", text: qsTr("Rename the chat in focus") },
            { keys: "Delete", text: qsTr("Delete the chat in focus") },
            { keys: "Alt+↑ Alt+↓", text: qsTr("Move the pinned chat or folder in focus") },
            { keys: "Shift+F10", text: qsTr("All that can be done with it") }
        ] },
        { title: qsTr("Writing"), rows: [
            { keys: "Enter", text: qsTr("Send") },
            { keys: "Shift+Enter", text: qsTr("New line") },
            { keys: "↑", text: qsTr("Edit your last message, when nothing is written") },
            { keys: "Esc", text: qsTr("Stop the answer") }
        ] },
        { title: qsTr("Answers"), rows: [
            { keys: "Ctrl+Enter", text: qsTr("Answer again") },
            { keys: "← →", text: qsTr("Other answers to the last message, when nothing is written") }
        ] }
    ]

    objectName: "shortcutSheet"
    title: qsTr("Keys")
    openingKey: "F1"
    maximumWidth: 520
    maximumHeight: Theme.scaled(640)

    component Key: Rectangle {
        id: key
        required property string modelData
        implicitWidth: Math.max(height, name.implicitWidth + 2 * Theme.space2)
        implicitHeight: name.implicitHeight + Theme.space1
        radius: Theme.radiusControl / 2
        color: Theme.surfaceSunken
        border.width: 1
        border.color: Theme.outline
        TextLabel {
            id: name
            anchors.centerIn: parent
            text: key.modelData
            font.pixelSize: Theme.sizeSmall
            Accessible.ignored: true
        }
    }

    Flickable {
        id: flick
        Layout.fillWidth: true
        Layout.fillHeight: true
        contentHeight: list.implicitHeight
        clip: true
        activeFocusOnTab: true
        boundsBehavior: Flickable.StopAtBounds
        Accessible.role: Accessible.List
        Accessible.name: sheet.title
        Keys.onUpPressed: contentY = Math.max(0, contentY - Theme.wheelStep)
        Keys.onDownPressed: contentY = Math.max(0, Math.min(contentHeight - height, contentY + Theme.wheelStep))
        T.ScrollBar.vertical: SlimScrollBar {}
        Column {
            id: list
            width: flick.width - Theme.space3
            spacing: Theme.space4
            Repeater {
                model: sheet.groups
                Column {
                    id: group
                    required property var modelData
                    width: list.width
                    spacing: Theme.space2
                    TextLabel {
                        text: group.modelData.title
                        font.pixelSize: Theme.sizeSmall
                        color: Theme.textMuted
                    }
                    Repeater {
                        model: group.modelData.rows
                        RowLayout {
                            id: line
                            required property var modelData
                            width: group.width
                            spacing: Theme.space1
                            Accessible.role: Accessible.ListItem
                            Accessible.name: qsTr("%1: %2").arg(modelData.keys).arg(modelData.text)
                            TextLabel {
                                Layout.fillWidth: true
                                text: line.modelData.text
                                wrapMode: Text.Wrap
                                Accessible.ignored: true
                            }
                            Repeater {
                                model: line.modelData.keys.split(" ")
                                RowLayout {
                                    id: way
                                    required property int index
                                    required property string modelData
                                    spacing: Theme.space1
                                    Layout.leftMargin: index > 0 ? Theme.space1 : 0
                                    TextLabel {
                                        visible: way.index > 0
                                        Layout.rightMargin: Theme.space1
                                        text: qsTr("or")
                                        font.pixelSize: Theme.sizeSmall
                                        color: Theme.textMuted
                                        Accessible.ignored: true
                                    }
                                    Repeater {
                                        model: way.modelData.split("+")
                                        Key {}
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
