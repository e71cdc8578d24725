import QtQuick
import QtQuick.Layouts
import Kvasir

// Finds text in the open chat. Enter and F3 go to the next one, with Shift to the one before; Esc closes it.
FocusScope {
    id: bar

    required property MessageFinder finder
    required property MessageList list
    property bool opened: false
    signal closed

    function open() {
        opened = true;
        field.forceActiveFocus();
        field.selectAll();
        seek();
    }
    function close() {
        if (!opened)
            return;
        opened = false;
        finder.seek("", 0);
        closed();
    }
    function seek() {
        finder.seek(field.text, list.firstShownRow());
    }

    visible: opened
    implicitWidth: 380
    implicitHeight: row.implicitHeight + 2 * Theme.space2
    Accessible.role: Accessible.Grouping
    Accessible.name: qsTr("Find in this chat")
    Keys.onEscapePressed: close()
    Shortcut { sequences: [StandardKey.FindNext]; enabled: bar.opened; onActivated: bar.finder.step(1) }
    Shortcut { sequences: [StandardKey.FindPrevious]; enabled: bar.opened; onActivated: bar.finder.step(-1) }

    Rectangle {
        anchors.fill: parent
        radius: Theme.radiusCard
        color: Theme.surfaceRaised
        border.width: 1
        border.color: Theme.outline
        MouseArea { anchors.fill: parent } // what is below is not meant
    }
    RowLayout {
        id: row
        anchors.fill: parent
        anchors.margins: Theme.space2
        spacing: Theme.space1
        LineField {
            id: field
            objectName: "findField"
            Layout.fillWidth: true
            focus: true
            placeholderText: qsTr("Find in this chat")
            Accessible.name: qsTr("Find in this chat")
            onTextChanged: bar.seek()
            Keys.onShortcutOverride: event => event.accepted = event.key === Qt.Key_Escape // it does not stop an answer
            Keys.onPressed: event => {
                event.accepted = event.key === Qt.Key_Return || event.key === Qt.Key_Enter;
                if (event.accepted)
                    bar.finder.step(event.modifiers & Qt.ShiftModifier ? -1 : 1);
            }
        }
        TextLabel {
            objectName: "findCount"
            Layout.leftMargin: Theme.space1
            Layout.minimumWidth: Theme.scaled(64)
            horizontalAlignment: Text.AlignHCenter
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
            text: field.text.length === 0 ? "" : bar.finder.count > 0 ? qsTr("%L1 of %L2").arg(bar.finder.current).arg(bar.finder.count)
                : bar.finder.searching ? qsTr("Searching") : qsTr("Not found")
        }
        IconButton {
            objectName: "findPreviousButton"
            iconName: "up"
            text: qsTr("Previous")
            keys: qsTr("Shift+Enter")
            enabled: bar.finder.count > 0
            onClicked: bar.finder.step(-1)
        }
        IconButton {
            objectName: "findNextButton"
            iconName: "down"
            text: qsTr("Next")
            keys: qsTr("Enter")
            enabled: bar.finder.count > 0
            onClicked: bar.finder.step(1)
        }
        IconButton {
            objectName: "findCloseButton"
            iconName: "close"
            text: qsTr("Close")
            keys: qsTr("Esc")
            onClicked: bar.close()
        }
    }
}
