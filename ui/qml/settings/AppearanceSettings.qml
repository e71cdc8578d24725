import QtQuick
import QtQuick.Layouts
import Kvasir

// Theme, text size and motion; what is chosen holds at once.
Column {
    id: page

    required property UiSettings settings

    spacing: Theme.space2

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
        current: page.settings.themeMode
        onChosen: index => page.settings.themeMode = index
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
            enabled: page.settings.fontScale > 0.81
            onClicked: page.settings.fontScale = Math.round(page.settings.fontScale * 10 - 1) / 10
        }
        TextLabel {
            objectName: "fontScaleText"
            Layout.fillWidth: true
            horizontalAlignment: Text.AlignHCenter
            text: qsTr("%1 %").arg(Math.round(page.settings.fontScale * 100))
        }
        IconButton {
            iconName: "plus"
            text: qsTr("Larger text")
            enabled: page.settings.fontScale < 1.99
            onClicked: page.settings.fontScale = Math.round(page.settings.fontScale * 10 + 1) / 10
        }
    }
    CheckRow {
        width: parent.width
        text: qsTr("Reduce motion")
        checked: page.settings.reducedMotion
        onToggled: page.settings.reducedMotion = checked
    }
}
