import QtQuick
import Kvasir

// Over the whole window: takes a model, or chats to be imported, dropped anywhere, and says so while they hover.
DropArea {
    id: area

    required property ModelController models
    required property TransferController transfer
    property string file: "" // what would be opened
    property bool ofChats: false
    signal opened

    onEntered: drag => {
        const model = drag.hasUrls ? models.modelAmong(drag.urls) : "";
        ofChats = model.length === 0;
        file = ofChats && drag.hasUrls && !transfer.busy ? transfer.chatsAmong(drag.urls) : model;
        drag.accepted = file.length > 0;
    }
    onExited: file = ""
    onDropped: drop => {
        if (ofChats)
            transfer.importFile(file);
        else
            models.open(file);
        file = "";
        drop.accept(Qt.CopyAction);
        opened();
    }

    Rectangle {
        objectName: "dropOverlay"
        anchors.fill: parent
        visible: opacity > 0
        opacity: area.containsDrag && area.file.length > 0 ? 1 : 0
        color: Theme.withAlpha(Theme.surface, 0.96)
        Behavior on opacity { NumberAnimation { duration: Theme.durationFast } }
        Accessible.role: Accessible.AlertMessage
        Accessible.name: title.text

        Rectangle {
            anchors.fill: parent
            anchors.margins: Theme.space4
            radius: Theme.radiusComposer
            color: Theme.withAlpha(Theme.accentSoft, 0.5)
            border.width: 2
            border.color: Theme.accent
        }
        Column {
            anchors.centerIn: parent
            width: Math.min(480, parent.width - 4 * Theme.space6)
            spacing: Theme.space2
            Icon {
                anchors.horizontalCenter: parent.horizontalCenter
                name: area.ofChats ? "import" : "model"
                size: 48
                color: Theme.accent
            }
            TextLabel {
                id: title
                objectName: "dropTitle"
                width: parent.width
                topPadding: Theme.space2
                horizontalAlignment: Text.AlignHCenter
                text: area.ofChats ? qsTr("Drop to import these chats") : qsTr("Drop to open this model")
                font.pixelSize: Theme.sizeDisplay
                font.weight: Font.DemiBold
                font.letterSpacing: -0.3
            }
            TextLabel {
                width: parent.width
                horizontalAlignment: Text.AlignHCenter
                text: area.file.slice(area.file.lastIndexOf("/") + 1)
                elide: Text.ElideMiddle
                color: Theme.textMuted
            }
        }
    }
}
