import QtQuick
import Kvasir

// Where the model begins to read, above the first message that it does.
Column {
    id: line

    required property string summary // what it knows of the messages above; empty: nothing
    property bool open: false
    signal readAgainRequested

    spacing: Theme.space2
    topPadding: Theme.space2

    Row {
        anchors.horizontalCenter: parent.horizontalCenter
        spacing: Theme.space2
        TextLabel {
            objectName: "contextBreakText"
            anchors.verticalCenter: parent.verticalCenter
            text: line.summary.length > 0 ? qsTr("The model knows a summary of what is above") : qsTr("The model reads from here on")
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
        }
        LinkButton {
            objectName: "contextSummaryButton"
            anchors.verticalCenter: parent.verticalCenter
            visible: line.summary.length > 0
            text: line.open ? qsTr("Hide it") : qsTr("Show it")
            onClicked: line.open = !line.open
        }
        LinkButton {
            objectName: "readAgainButton"
            anchors.verticalCenter: parent.verticalCenter
            text: qsTr("Read all again")
            onClicked: line.readAgainRequested()
        }
    }
    ProseBlock {
        objectName: "contextSummary"
        visible: line.open
        width: parent.width
        plainText: line.summary
        pixelSize: Theme.sizeLabel
        inkColor: Theme.textMuted
    }
    Rectangle {
        width: parent.width
        height: 1
        color: Theme.outline
    }
    Item {
        width: 1
        height: Theme.space3
    }
}
