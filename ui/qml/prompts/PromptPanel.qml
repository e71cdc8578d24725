import QtQuick
import QtQuick.Templates as T
import Kvasir

// The library of system prompts and the editor for one of them.
T.Popup {
    id: panel

    required property ChatController chat
    property int promptId: list.ownId
    readonly property bool narrow: width < 560

    function show(ownPrompt: bool) {
        const first = chat.promptId > 0 ? chat.promptId : list.newId;
        promptId = ownPrompt ? list.ownId : first;
        open();
        editor.load();
    }

    parent: T.Overlay.overlay
    x: Math.round((parent.width - width) / 2)
    y: Math.round((parent.height - height) / 2)
    width: Math.min(760, parent.width - 2 * Theme.space4)
    height: Math.min(Theme.scaled(520), parent.height - 2 * Theme.space4)
    modal: true
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside
    T.Overlay.modal: Rectangle { color: Theme.scrim }

    enter: Transition {
        NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.durationSlow; easing.type: Easing.OutCubic }
    }
    exit: Transition {
        NumberAnimation { property: "opacity"; from: 1; to: 0; duration: Theme.durationFast; easing.type: Easing.OutCubic }
    }
    background: Rectangle {
        radius: Theme.radiusCard
        color: Theme.surface
        border.width: 1
        border.color: Theme.outline
    }
    contentItem: Item {
        Accessible.role: Accessible.Dialog
        Accessible.name: qsTr("System prompts")

        Rectangle {
            id: side
            x: 1
            y: 1
            width: panel.narrow ? parent.width - 2 : 220
            height: panel.narrow ? Math.min(180, parent.height * 0.35) : parent.height - 2
            radius: Theme.radiusCard - 1
            color: Theme.surfaceSunken
            PromptList {
                id: list
                anchors.fill: parent
                chat: panel.chat
                selectedId: panel.promptId
                onSelected: id => panel.promptId = id
            }
        }
        Flickable {
            id: scroller
            anchors.fill: parent
            anchors.margins: Theme.space5
            anchors.leftMargin: panel.narrow ? Theme.space4 : side.width + Theme.space5
            anchors.topMargin: panel.narrow ? side.height + Theme.space3 : Theme.space5
            clip: interactive
            interactive: contentHeight > height // a small window with large text
            boundsBehavior: Flickable.StopAtBounds
            contentHeight: editor.height
            T.ScrollBar.vertical: SlimScrollBar {}
            PromptEditor {
                id: editor
                width: scroller.width
                height: Math.max(scroller.height, implicitHeight)
                chat: panel.chat
                promptId: panel.promptId
                onFinished: panel.close()
            }
        }
        IconButton {
            anchors.top: panel.narrow ? side.bottom : parent.top
            anchors.right: parent.right
            anchors.topMargin: panel.narrow ? Theme.space1 : Theme.space3
            anchors.rightMargin: panel.narrow ? Theme.space2 : Theme.space3
            iconName: "close"
            text: qsTr("Close")
            onClicked: panel.close()
        }
    }
}
