import QtQuick
import QtQuick.Layouts
import Kvasir

// A sentence about what happened, with what can be done about it.
Rectangle {
    id: bar

    required property string text
    property string actionText: ""
    property string actionObjectName: ""
    property string otherActionText: ""
    property string otherActionObjectName: ""
    property string iconName: ""
    property color iconColor: Theme.textMuted
    property bool dismissible: true
    signal action
    signal otherAction
    signal dismissed

    implicitHeight: row.implicitHeight + 2 * Theme.space2
    radius: Theme.radiusCard
    color: Theme.surfaceRaised
    border.width: 1
    border.color: Theme.outline
    Accessible.role: Accessible.AlertMessage
    Accessible.name: text

    RowLayout {
        id: row
        anchors.fill: parent
        anchors.margins: Theme.space2
        anchors.leftMargin: Theme.space3
        spacing: Theme.space2
        Icon {
            visible: bar.iconName.length > 0
            name: bar.iconName
            color: bar.iconColor
        }
        TextLabel {
            Layout.fillWidth: true
            text: bar.text
            wrapMode: Text.Wrap
            lineHeight: lineCount > 1 ? 1.35 : 1 // what is more than 1 lies below the text, and would push it up
            maximumLineCount: 4
            elide: Text.ElideRight
            Accessible.ignored: true
        }
        PushButton {
            objectName: bar.otherActionObjectName
            visible: bar.otherActionText.length > 0
            text: bar.otherActionText
            onClicked: bar.otherAction()
        }
        PushButton {
            objectName: bar.actionObjectName
            visible: bar.actionText.length > 0
            text: bar.actionText
            onClicked: bar.action()
        }
        IconButton {
            visible: bar.dismissible
            implicitWidth: 28
            implicitHeight: 28
            iconName: "close"
            iconSize: 14
            text: qsTr("Dismiss")
            onClicked: bar.dismissed()
        }
    }
}
