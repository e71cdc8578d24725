import QtQuick
import QtQuick.Templates as T
import Kvasir

// A chat that has not begun: one sentence and three ways in.
Flickable {
    id: page

    required property ChatController chat
    required property ModelController models
    readonly property bool modelUsable: models.state === ModelController.Ready || models.state === ModelController.Loading
    readonly property string remark: chat.isPrivate ? qsTr("Neither its messages nor what is computed of them are written anywhere. It ends when you end it or close Kvasir.")
        : models.state === ModelController.Failed ? ""
        : models.isStarter ? qsTr("The starter model makes small talk and knows no facts. For more, drop a GGUF file here: DeepSeek\u2011V2\u2011Lite, Moonlight or GLM\u20114.7\u2011Flash.")
        : models.state === ModelController.Ready ? models.note : ""

    contentWidth: width
    contentHeight: Math.max(height, invitation.height + 2 * Theme.space3)
    boundsBehavior: Flickable.StopAtBounds
    clip: contentHeight > height
    interactive: clip
    T.ScrollBar.vertical: SlimScrollBar {}
    FocusFollower { view: page }

    Column {
        id: invitation
        anchors.centerIn: parent
        width: Math.min(480, page.width - 2 * Theme.space6)
        spacing: Theme.space2

        Image {
            anchors.horizontalCenter: parent.horizontalCenter
            width: 56
            height: 56
            visible: page.height > 7 * height // otherwise the room is for what can be done
            sourceSize: Qt.size(112, 112)
            source: "qrc:/kvasir/icons/kvasir.svg"
            Accessible.ignored: true
        }
        TextLabel {
            width: parent.width
            topPadding: Theme.space3
            bottomPadding: Theme.space4
            horizontalAlignment: Text.AlignHCenter
            wrapMode: Text.Wrap
            text: page.chat.isPrivate ? qsTr("A private chat") : qsTr("What would you like to talk about?")
            font.pixelSize: Theme.sizeDisplay
            font.weight: Font.DemiBold
            font.letterSpacing: -0.3
        }
        Repeater {
            model: [qsTr("Hi! How are you today?"), qsTr("I have two dogs and a boat. What do you like?"),
                    qsTr("What do you like to do on a rainy day?")]
            Suggestion {
                required property string modelData
                required property int index
                objectName: "suggestion" + index
                width: parent.width
                text: modelData
                enabled: !page.chat.generating && page.modelUsable
                onClicked: page.chat.send(text)
            }
        }
        TextLabel {
            objectName: "starterRemark"
            width: parent.width
            topPadding: Theme.space3
            visible: text.length > 0
            horizontalAlignment: Text.AlignHCenter
            wrapMode: Text.Wrap
            lineHeight: 1.35
            text: page.remark
            color: Theme.textMuted
        }
    }
}
