import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Kvasir

// A message in other words, written in its place.
FocusScope {
    id: editor

    required property MessageEdit edit
    required property bool isUser

    implicitHeight: box.height + Theme.space2 + buttons.implicitHeight
    Component.onCompleted: {
        area.text = edit.text;
        area.cursorPosition = area.length;
        area.forceActiveFocus();
    }

    Rectangle {
        id: box
        width: parent.width
        height: area.implicitHeight
        radius: Theme.radiusCard
        color: Theme.surfaceRaised
        border.width: area.activeFocus ? 2 : 1
        border.color: area.activeFocus ? Theme.accent : Theme.outline
        T.TextArea {
            id: area
            objectName: "messageEditor"
            anchors.fill: parent
            focus: true
            implicitHeight: contentHeight + topPadding + bottomPadding
            padding: Theme.space3
            leftPadding: Theme.space4
            rightPadding: Theme.space4
            color: Theme.text
            font.family: Theme.family
            font.pixelSize: Theme.sizeBody
            wrapMode: TextEdit.Wrap
            textFormat: TextEdit.PlainText
            selectByMouse: true
            selectionColor: Theme.selection
            selectedTextColor: Theme.text
            KeyNavigation.priority: KeyNavigation.BeforeItem
            KeyNavigation.tab: cancel
            Accessible.role: Accessible.EditableText
            Accessible.name: editor.isUser ? qsTr("Your message") : qsTr("The answer")
            Accessible.multiLine: true
            onTextChanged: editor.edit.text = text
            Keys.onEscapePressed: editor.edit.cancel()
            Keys.onShortcutOverride: event => {
                const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter;
                event.accepted = event.key === Qt.Key_Escape || (enter && (event.modifiers & Qt.ControlModifier));
            }
            Keys.onPressed: event => {
                const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter;
                const plain = !(event.modifiers & Qt.ShiftModifier) && editor.isUser;
                event.accepted = enter && (plain || (event.modifiers & Qt.ControlModifier));
                if (event.accepted)
                    editor.edit.save();
            }
        }
    }
    RowLayout {
        id: buttons
        anchors.top: box.bottom
        anchors.topMargin: Theme.space2
        width: parent.width
        spacing: Theme.space2
        TextLabel {
            Layout.fillWidth: true
            text: editor.isUser ? qsTr("What followed is kept beside it.") : qsTr("The answer as it was is kept beside it.")
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
            elide: Text.ElideRight
        }
        PushButton {
            id: cancel
            objectName: "cancelEditButton"
            text: qsTr("Cancel")
            onClicked: editor.edit.cancel()
        }
        PushButton {
            objectName: "saveEditButton"
            primary: true
            enabled: editor.edit.changed && !editor.edit.chat.generating
            text: editor.isUser ? qsTr("Send") : qsTr("Save")
            onClicked: editor.edit.save()
        }
    }
}
