import QtQuick
import QtQuick.Window
import Kvasir

// One of the outlines in resources/icons, in a colour.
Image {
    required property string name
    property color color: Theme.text
    property int size: Theme.iconSize

    width: size
    height: size
    sourceSize: Qt.size(size * Screen.devicePixelRatio, size * Screen.devicePixelRatio)
    source: name.length > 0 ? "image://icons/" + name + "/" + hex(color) : ""
    Accessible.ignored: true

    function hex(c: color): string {
        return [c.r, c.g, c.b].map(part => Math.round(part * 255).toString(16).padStart(2, "0")).join("");
    }
}
