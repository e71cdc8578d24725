import Kvasir

// A small button within a row.
IconButton {
    implicitWidth: 26
    implicitHeight: 28
    iconSize: Theme.iconSizeSmall
}
