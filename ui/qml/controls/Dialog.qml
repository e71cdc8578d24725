import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Kvasir

// A card in the window's middle with a title; what is in it is its own affair.
T.Popup {
    id: dialog

    required property string title
    property string openingKey: "" // closes it too; what is behind it hears no keys
    property int maximumWidth: 640
    property int maximumHeight: Theme.scaled(560)
    default property alias rows: column.data

    parent: T.Overlay.overlay
    x: Math.round((parent.width - width) / 2)
    y: Math.round((parent.height - height) / 2)
    width: Math.min(maximumWidth, parent.width - 2 * Theme.space4)
    height: Math.min(maximumHeight, parent.height - 2 * Theme.space4)
    modal: true
    focus: true
    padding: Theme.space5
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
    contentItem: ColumnLayout {
        id: column
        spacing: Theme.space3
        Accessible.role: Accessible.Dialog
        Accessible.name: dialog.title

        Shortcut {
            enabled: dialog.opened && dialog.openingKey.length > 0
            sequence: dialog.openingKey
            onActivated: dialog.close()
        }
        RowLayout {
            Layout.fillWidth: true
            spacing: Theme.space2
            TextLabel {
                Layout.fillWidth: true
                text: dialog.title
                font.pixelSize: Theme.sizeTitle
                font.weight: Font.DemiBold
            }
            IconButton {
                Layout.rightMargin: -Theme.space2
                iconName: "close"
                text: qsTr("Close")
                hinted: false
                onClicked: dialog.close()
            }
        }
    }
}
