import QtQuick
import QtQuick.Layouts
import Kvasir

// What the model reads before its next answer, and what is to happen when that is too much.
MenuPanel {
    id: menu

    required property ContextController context

    objectName: "contextPanel"
    contentWidth: 300
    padding: Theme.space2
    spacing: 0
    accessibleName: qsTr("Context")

    component Share: RowLayout {
        id: share
        required property string label
        required property int tokens
        width: parent.width
        height: Math.round(Theme.sizeBody * Theme.lineHeight)
        TextLabel {
            Layout.leftMargin: Theme.space2
            Layout.fillWidth: true
            text: share.label
            color: Theme.textMuted
        }
        TextLabel {
            Layout.rightMargin: Theme.space2
            text: share.tokens.toLocaleString(Qt.locale(), "f", 0)
        }
    }
    component Heading: TextLabel {
        leftPadding: Theme.space2
        topPadding: Theme.space2
        bottomPadding: Theme.space1
        font.pixelSize: Theme.sizeSmall
        color: Theme.textMuted
    }

    Heading { text: qsTr("The model reads, in tokens") }
    Share {
        label: qsTr("System prompt")
        tokens: menu.context.systemTokens
    }
    Share {
        objectName: "contextChatTokens"
        label: qsTr("This chat")
        tokens: menu.context.chatTokens
    }
    TextLabel {
        objectName: "contextLeftOut"
        visible: menu.context.leftOutMessages > 0
        leftPadding: Theme.space2
        bottomPadding: Theme.space1
        text: menu.context.leftOutMessages === 1 ? qsTr("1 message left out")
            : qsTr("%L1 messages left out").arg(menu.context.leftOutMessages)
        font.pixelSize: Theme.sizeSmall
        color: Theme.textMuted
    }
    Share {
        label: qsTr("Free, of %1").arg(menu.context.limitTokens.toLocaleString(Qt.locale(), "f", 0))
        tokens: menu.context.freeTokens
    }
    Item {
        width: parent.width
        height: Theme.space3
        Rectangle {
            anchors.verticalCenter: parent.verticalCenter
            width: parent.width
            height: 1
            color: Theme.outline
        }
    }
    Heading {
        topPadding: 0
        text: qsTr("When this chat no longer fits")
    }
    Repeater {
        model: [
            { policy: ContextController.Stop, name: "policyStop", text: qsTr("Ask me") },
            { policy: ContextController.Summarise, name: "policySummarise", text: qsTr("Sum up its beginning") },
            { policy: ContextController.DropOldest, name: "policyDropOldest", text: qsTr("Leave out its oldest messages") }
        ]
        MenuRow {
            required property var modelData
            objectName: modelData.name
            text: modelData.text
            checkable: true
            chosen: menu.context.policy === modelData.policy
            onClicked: menu.context.choose(modelData.policy)
        }
    }
    Item { // as high with the words as with the link, so that nothing moves below the pointer
        readonly property bool same: menu.context.policy === menu.context.policyOfNewChats
        width: parent.width
        height: Theme.rowHeight
        TextLabel {
            objectName: "policyOfNewChats"
            anchors.verticalCenter: parent.verticalCenter
            leftPadding: Theme.space2
            visible: parent.same
            text: qsTr("New chats begin with this too.")
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
        }
        LinkButton {
            objectName: "useForNewChats"
            anchors.verticalCenter: parent.verticalCenter
            x: Theme.space2
            visible: !parent.same
            text: qsTr("Use for new chats too")
            onClicked: menu.context.useForNewChats()
        }
    }
    TextLabel {
        width: parent.width
        leftPadding: Theme.space2
        rightPadding: Theme.space2
        topPadding: Theme.space1
        bottomPadding: Theme.space1
        wrapMode: Text.Wrap
        lineHeight: 1.35
        font.pixelSize: Theme.sizeSmall
        color: Theme.textMuted
        text: qsTr("Nothing is deleted: you see where the model begins to read, and can undo it.")
    }
}
