import QtQuick
import QtQuick.Templates as T
import Kvasir

// A choice in a MenuPanel.
T.AbstractButton {
    id: control

    property string iconName: ""
    property bool chosen: false
    property string detail: ""

    width: parent ? parent.width : implicitWidth
    implicitWidth: 200
    implicitHeight: Theme.rowHeight
    leftPadding: Theme.space2
    rightPadding: Theme.space2
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.MenuItem
    Accessible.name: text
    Accessible.checkable: checkable
    Accessible.checked: chosen
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()
    Keys.onDownPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
    Keys.onUpPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)

    background: Rectangle {
        radius: Theme.radiusControl
        color: control.down ? Theme.pressed : control.hovered || control.visualFocus ? Theme.hover : Theme.clear
        FocusRing {
            shown: control.visualFocus
            inset: 0
        }
    }
    contentItem: Item {
        Icon {
            id: icon
            visible: control.iconName.length > 0
            anchors.verticalCenter: parent.verticalCenter
            name: control.iconName
            color: Theme.textMuted
        }
        TextLabel {
            anchors.verticalCenter: parent.verticalCenter
            anchors.left: parent.left
            anchors.leftMargin: icon.visible ? icon.width + Theme.space2 : 0
            anchors.right: detail.left
            anchors.rightMargin: Theme.space2
            text: control.text
            font.weight: control.chosen ? Font.Medium : Font.Normal
            Accessible.ignored: true
        }
        TextLabel {
            id: detail
            anchors.verticalCenter: parent.verticalCenter
            anchors.right: mark.left
            anchors.rightMargin: mark.visible ? Theme.space1 : -mark.width
            text: control.detail
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
            Accessible.ignored: true
        }
        Icon {
            id: mark
            visible: control.chosen
            anchors.verticalCenter: parent.verticalCenter
            anchors.right: parent.right
            name: "check"
            color: Theme.accent
            size: Theme.iconSizeSmall
        }
    }
}
