import Kvasir

// A small button at a message. A click leaves the keys where they are, in the composer as a rule.
IconButton {
    implicitWidth: 28
    implicitHeight: 28
    iconSize: Theme.iconSizeSmall
    focusPolicy: Qt.NoFocus
}
