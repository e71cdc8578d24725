import QtQuick
import Kvasir

// Below a message that a person wrote in place of another; pointed at, it tells when.
TextLabel {
    id: mark

    required property string editedText

    objectName: "editedMark"
    text: qsTr("Edited")
    font.pixelSize: Theme.sizeSmall
    color: Theme.textMuted
    Accessible.name: editedText
    HoverHandler { id: hover }
    Hint {
        visible: hover.hovered
        text: mark.editedText
    }
}
