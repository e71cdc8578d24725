import QtQuick
import QtQuick.Templates as T
import Kvasir

// What the model thought before its answer: one quiet line, and the text below it once that is pressed.
Column {
    id: fold

    required property string text
    required property MarkdownBlockModel blocks // null while it is folded
    required property bool open
    required property bool thinking
    required property MessageFinder finder
    required property int messageRow
    signal toggled
    signal copyRequested(string text)

    spacing: Theme.space1

    T.AbstractButton {
        id: line
        objectName: "reasoningLine"
        x: -Theme.space2 // the icon's stroke stands at the text's edge
        implicitWidth: content.implicitWidth + leftPadding + rightPadding
        implicitHeight: Math.max(28, content.implicitHeight + Theme.space2)
        leftPadding: Theme.space1
        rightPadding: Theme.space2
        hoverEnabled: true
        focusPolicy: Qt.StrongFocus
        text: fold.text
        Accessible.role: Accessible.Button
        Accessible.name: text
        Accessible.description: fold.open ? qsTr("Hides what the model thought") : qsTr("Shows what the model thought")
        Keys.onReturnPressed: clicked()
        Keys.onEnterPressed: clicked()
        onClicked: fold.toggled()

        background: Rectangle {
            radius: Theme.radiusControl
            color: line.down ? Theme.pressed : line.hovered ? Theme.hover : Theme.clear
            FocusRing {
                shown: line.visualFocus
                inset: 0
            }
        }
        contentItem: Row {
            id: content
            spacing: Theme.space1
            Icon {
                anchors.verticalCenter: parent.verticalCenter
                name: "chevron-down"
                color: label.color
                size: Theme.iconSizeSmall
                rotation: fold.open ? 0 : -90
                Behavior on rotation { NumberAnimation { duration: Theme.durationFast; easing.type: Easing.OutCubic } }
            }
            TextLabel {
                id: label
                objectName: "reasoningText"
                anchors.verticalCenter: parent.verticalCenter
                text: fold.text
                font.pixelSize: Theme.sizeLabel
                color: line.hovered || line.visualFocus ? Theme.text : Theme.textMuted
                Accessible.ignored: true
            }
            Item {
                width: dot.width + Theme.space2
                height: dot.height
                anchors.verticalCenter: parent.verticalCenter
                visible: fold.thinking
                Rectangle {
                    id: dot
                    x: Theme.space1
                    width: 6
                    height: 6
                    radius: 3
                    color: Theme.accent
                    SequentialAnimation on opacity {
                        running: fold.thinking && fold.visible && !Theme.reducedMotion
                        loops: Animation.Infinite
                        alwaysRunToEnd: true
                        NumberAnimation { to: 0.3; duration: Theme.durationPulse / 2 }
                        NumberAnimation { to: 1; duration: Theme.durationPulse / 2 }
                    }
                }
            }
        }
    }
    Item {
        visible: fold.open
        width: parent.width
        implicitHeight: visible ? thoughts.implicitHeight + Theme.space2 : 0
        Rectangle {
            x: Math.round(Theme.iconSizeSmall / 2) - Theme.space1 - 1 // below the chevron
            width: 2
            height: thoughts.implicitHeight
            radius: 1
            color: Theme.outline
        }
        MarkdownBlocks {
            id: thoughts
            objectName: "reasoningBlocks"
            x: Theme.iconSizeSmall
            width: parent.width - x
            blocks: fold.blocks
            finder: fold.finder
            row: fold.messageRow
            isReasoning: true
            inkColor: Theme.textMuted
            pixelSize: Theme.sizeLabel
            onCopyRequested: text => fold.copyRequested(text)
        }
    }
}
