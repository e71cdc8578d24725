import QtQuick
import Kvasir

// A prompt to edit.
MenuRow {
    id: row

    required property bool current

    leftPadding: Theme.space3
    chosen: false
    Accessible.role: Accessible.ListItem
    Accessible.selected: current
    background: Rectangle {
        radius: Theme.radiusControl
        color: row.current ? Theme.accentSoft : row.hovered ? Theme.hover : Theme.clear
        FocusRing {
            shown: row.visualFocus
            inset: 0
        }
    }
}
