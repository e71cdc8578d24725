import QtQuick
import Kvasir

// A line of the interface's own text.
Text {
    color: Theme.text
    font.pixelSize: Theme.sizeLabel
    textFormat: Text.PlainText
    elide: wrapMode === Text.NoWrap ? Text.ElideRight : Text.ElideNone
    Accessible.role: Accessible.StaticText
    Accessible.name: text
}
