import QtQuick
import QtQuick.Templates as T
import Kvasir

// How full the model's context is; opens what it holds and what is to happen when it is full.
T.AbstractButton {
    id: meter

    required property ContextController context
    readonly property color level: context.full ? Theme.danger : context.part >= 0.75 ? Theme.accent : Theme.textMuted

    objectName: "contextMeter"
    visible: context.known
    implicitHeight: Theme.controlHeight
    implicitWidth: content.implicitWidth + leftPadding + rightPadding
    leftPadding: Theme.space2
    rightPadding: Theme.space2
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.ButtonMenu
    Accessible.name: qsTr("Context: %1 percent full").arg(Math.round(100 * context.part))
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()
    onClicked: menu.opened ? menu.close() : menu.open()

    background: Rectangle {
        radius: Theme.radiusControl
        color: meter.down ? Theme.pressed : meter.hovered ? Theme.hover : Theme.clear
        FocusRing {
            shown: meter.visualFocus
            inset: 0
        }
    }
    contentItem: Row {
        id: content
        spacing: Theme.space2
        Rectangle {
            anchors.verticalCenter: parent.verticalCenter
            width: 28
            height: 4
            radius: 2
            color: Theme.outline
            Rectangle {
                width: Math.max(parent.height, parent.width * meter.context.part)
                height: parent.height
                radius: parent.radius
                color: meter.level
            }
        }
        TextLabel {
            objectName: "contextPercent"
            anchors.verticalCenter: parent.verticalCenter
            text: qsTr("%1 %").arg(Math.round(100 * meter.context.part))
            color: meter.context.full ? Theme.danger : meter.hovered || meter.visualFocus ? Theme.text : Theme.textMuted
            Accessible.ignored: true
        }
    }
    Hint {
        visible: meter.hovered && !menu.opened
        text: qsTr("How much of the chat the model can read")
    }
    ContextPanel {
        id: menu
        context: meter.context
        y: -implicitHeight - Theme.space2
        x: meter.width - implicitWidth
    }
}
