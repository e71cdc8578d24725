import QtQuick
import QtQuick.Templates as T
import Kvasir

// A chat that was found, or one of its messages.
T.ItemDelegate {
    id: row

    required property var resultId
    required property var messageId
    required property string excerpt
    required property bool isAnswer
    required property int further
    readonly property bool isChat: messageId === 0 // otherwise a message
    readonly property string plain: excerpt.replace(/<\/?b>/g, "").replace(/&lt;/g, "<").replace(/&gt;/g, ">")
        .replace(/&quot;/g, "\"").replace(/&amp;/g, "&")

    objectName: isChat ? "foundChat" : "foundMessage"
    implicitHeight: contentItem.implicitHeight + topPadding + bottomPadding
    topPadding: isChat ? Theme.space3 : Theme.space1 + 2
    bottomPadding: isChat ? Theme.space1 : Theme.space1 + 2
    leftPadding: Theme.space3
    rightPadding: Theme.space3
    hoverEnabled: true
    focusPolicy: Qt.StrongFocus
    text: plain
    Accessible.role: Accessible.ListItem
    Accessible.name: isChat ? qsTr("Chat: %1").arg(plain) : isAnswer ? qsTr("Answer: %1").arg(plain) : qsTr("You: %1").arg(plain)
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    background: Rectangle {
        radius: Theme.radiusControl
        color: row.down ? Theme.pressed : row.hovered ? Theme.hover : Theme.clear
        FocusRing {
            shown: row.visualFocus
            inset: 0
        }
    }
    contentItem: Column {
        spacing: 2
        TextLabel {
            width: parent.width
            visible: !row.isChat
            text: row.isAnswer ? qsTr("Answer") : qsTr("You")
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
            Accessible.ignored: true
        }
        Text {
            width: parent.width
            // Of a model's words nothing but what was found is marked up: all else came escaped.
            textFormat: Text.StyledText
            text: row.excerpt.replace(/<b>/g, "<b><font color=\"" + Theme.accent + "\">").replace(/<\/b>/g, "</font></b>")
            font.family: Theme.family
            font.pixelSize: Theme.sizeLabel
            font.weight: row.isChat ? Font.Medium : Font.Normal
            color: Theme.text
            lineHeight: 1.2
            wrapMode: row.isChat ? Text.NoWrap : Text.Wrap
            maximumLineCount: row.isChat ? 1 : 3
            elide: Text.ElideRight
            Accessible.ignored: true
        }
        TextLabel {
            width: parent.width
            visible: row.further > 0
            topPadding: Theme.space1
            text: qsTr("and %1 more in this chat").arg(row.further)
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
            Accessible.ignored: true
        }
    }
}
