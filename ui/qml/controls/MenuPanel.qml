import QtQuick
import QtQuick.Templates as T
import Kvasir

// A card that opens next to a control.
T.Popup {
    id: panel

    default property alias rows: column.data
    property string accessibleName: ""
    property int maximumHeight: 420
    readonly property bool scrolls: column.implicitHeight > maximumHeight

    margins: Theme.space2
    padding: Theme.space2 - 2
    implicitWidth: contentWidth + leftPadding + rightPadding
    implicitHeight: contentHeight + topPadding + bottomPadding
    contentWidth: 260
    contentHeight: Math.min(column.implicitHeight, maximumHeight)
    modal: false
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside

    enter: Transition {
        NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.durationFast; easing.type: Easing.OutCubic }
    }
    exit: Transition {
        NumberAnimation { property: "opacity"; from: 1; to: 0; duration: Theme.durationFast; easing.type: Easing.OutCubic }
    }

    background: Item {
        Rectangle {
            anchors.fill: parent
            anchors.margins: -1
            anchors.topMargin: 2
            anchors.bottomMargin: -4
            radius: Theme.radiusCard + 2
            color: Theme.shadow
        }
        Rectangle {
            anchors.fill: parent
            radius: Theme.radiusCard
            color: Theme.surfaceRaised
            border.width: 1
            border.color: Theme.outline
        }
    }
    contentItem: Flickable {
        id: flick
        clip: contentHeight > height
        boundsBehavior: Flickable.StopAtBounds
        contentHeight: column.implicitHeight
        Accessible.role: Accessible.PopupMenu
        Accessible.name: panel.accessibleName
        T.ScrollBar.vertical: SlimScrollBar {}
        FocusFollower { view: flick }
        Column {
            id: column
            width: panel.availableWidth - (panel.scrolls ? Theme.space3 : 0)
            spacing: panel.spacing
        }
    }
}
