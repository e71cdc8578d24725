import QtQuick
import QtQuick.Layouts
import Kvasir

// Theme, text size and motion, and the way to the list of keys.
MenuPanel {
    id: menu

    required property UiSettings settings
    signal keysRequested

    contentWidth: 248
    padding: Theme.space3
    spacing: Theme.space2
    accessibleName: qsTr("Appearance")

    TextLabel {
        text: qsTr("Theme")
        font.pixelSize: Theme.sizeSmall
        color: Theme.textMuted
    }
    Segments {
        objectName: "themeSegments"
        width: parent.width
        accessibleName: qsTr("Theme")
        choices: [qsTr("System"), qsTr("Light"), qsTr("Dark")]
        current: menu.settings.themeMode
        onChosen: index => menu.settings.themeMode = index
    }
    TextLabel {
        topPadding: Theme.space2
        text: qsTr("Text size")
        font.pixelSize: Theme.sizeSmall
        color: Theme.textMuted
    }
    RowLayout {
        width: parent.width
        IconButton {
            iconName: "minus"
            text: qsTr("Smaller text")
            enabled: menu.settings.fontScale > 0.81
            onClicked: menu.settings.fontScale = Math.round(menu.settings.fontScale * 10 - 1) / 10
        }
        TextLabel {
            objectName: "fontScaleText"
            Layout.fillWidth: true
            horizontalAlignment: Text.AlignHCenter
            text: qsTr("%1 %").arg(Math.round(menu.settings.fontScale * 100))
        }
        IconButton {
            iconName: "plus"
            text: qsTr("Larger text")
            enabled: menu.settings.fontScale < 1.99
            onClicked: menu.settings.fontScale = Math.round(menu.settings.fontScale * 10 + 1) / 10
        }
    }
    CheckRow {
        width: parent.width
        text: qsTr("Reduce motion")
        checked: menu.settings.reducedMotion
        onToggled: menu.settings.reducedMotion = checked
    }
    Rectangle {
        width: parent.width
        height: 1
        color: Theme.outline
    }
    MenuRow {
        objectName: "keysRow"
        text: qsTr("Keys")
        detail: "F1"
        onClicked: {
            menu.close();
            menu.keysRequested();
        }
    }
}
