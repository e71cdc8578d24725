import QtQuick
import QtQuick.Layouts
import Kvasir

// How answers are made, in all chats or in the open one alone; what is chosen holds at once.
Column {
    id: page

    required property AnswerSettingsController answers

    spacing: Theme.space4

    Segments {
        objectName: "answerScope"
        width: parent.width
        visible: page.answers.hasChat
        accessibleName: qsTr("For which chats")
        choices: [qsTr("All chats"), qsTr("This chat")]
        current: page.answers.ofChat ? 1 : 0
        onChosen: index => page.answers.ofChat = index === 1
    }
    RowLayout {
        width: parent.width
        visible: page.answers.hasChat
        TextLabel {
            objectName: "answerScopeText"
            Layout.fillWidth: true
            Layout.alignment: Qt.AlignBaseline
            wrapMode: Text.Wrap
            lineHeight: 1.35
            text: !page.answers.ofChat
                ? page.answers.chatHasOwn ? qsTr("This chat has settings of its own, which go before these.")
                    : qsTr("For new chats, and all that have no settings of their own.")
                : page.answers.chatHasOwn ? qsTr("What is changed here is for this chat alone.")
                : qsTr("As in all chats. What you change is for this chat alone.")
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
        }
        LinkButton {
            objectName: "followAllChats"
            Layout.alignment: Qt.AlignBaseline
            visible: page.answers.ofChat && page.answers.chatHasOwn
            text: qsTr("As in all chats")
            onClicked: page.answers.followAllChats()
        }
    }
    Repeater {
        model: page.answers.settings
        AnswerSettingRow {
            width: page.width
            onStepChosen: step => page.answers.choose(index, step)
            onResetRequested: page.answers.reset(index)
        }
    }
    Column {
        width: parent.width
        spacing: Theme.space1
        TextLabel {
            text: qsTr("Seed")
            font.weight: Font.Medium
        }
        LineField {
            id: seed
            objectName: "seedField"
            width: parent.width
            text: page.answers.seed
            placeholderText: page.answers.inheritedSeed.length > 0 ? page.answers.inheritedSeed : qsTr("A new one for each answer")
            inputMethodHints: Qt.ImhDigitsOnly
            validator: RegularExpressionValidator { regularExpression: /[0-9]{0,18}/ }
            Accessible.name: qsTr("Seed")
            onTextEdited: page.answers.chooseSeed(text)
        }
        TextLabel {
            width: parent.width
            text: qsTr("With the same number, the same question gets the same answer.")
            wrapMode: Text.Wrap
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
        }
    }
}
