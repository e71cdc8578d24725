import QtQuick
import QtQuick.Templates as T
import Kvasir

// While another profile is being opened, which the window can't be used for.
T.Popup {
    id: overlay

    required property ProfileController profiles

    parent: T.Overlay.overlay
    x: Math.round((parent.width - width) / 2)
    y: Math.round((parent.height - height) / 2)
    padding: Theme.space5
    modal: true
    focus: true
    closePolicy: T.Popup.NoAutoClose
    visible: profiles.openingName.length > 0
    T.Overlay.modal: Rectangle { color: Theme.scrim }

    background: Rectangle {
        radius: Theme.radiusCard
        color: Theme.surfaceRaised
        border.width: 1
        border.color: Theme.outline
    }
    contentItem: TextLabel {
        objectName: "openingText"
        text: qsTr("Opening “%1” …").arg(overlay.profiles.openingName)
        font.pixelSize: Theme.sizeBody
    }
}
