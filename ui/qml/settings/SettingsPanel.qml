import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Kvasir

// What can be set: the window's look, how answers are made, how the model runs, and the way to what is kept on the disk.
Dialog {
    id: panel

    required property UiSettings settings
    required property AnswerSettingsController answers
    required property ModelController models
    signal storageRequested
    property int page: 0

    objectName: "settingsPanel"
    title: qsTr("Settings")
    openingKey: "Ctrl+,"
    maximumWidth: 480
    maximumHeight: Theme.scaled(576)
    onAboutToShow: {
        models.settings.revert();
        answers.load();
        flick.contentY = 0;
    }
    onPageChanged: flick.contentY = 0
    onClosed: answers.keep()

    Segments {
        objectName: "settingsPages"
        Layout.fillWidth: true
        accessibleName: qsTr("Which settings")
        choices: [qsTr("Appearance"), qsTr("Answers"), qsTr("Model")]
        current: panel.page
        onChosen: index => panel.page = index
    }
    Flickable {
        id: flick
        Layout.fillWidth: true
        Layout.fillHeight: true
        Layout.rightMargin: -Theme.space3 // for the bar
        contentHeight: content.height
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        T.ScrollBar.vertical: SlimScrollBar {}
        FocusFollower { view: flick }
        Loader {
            id: content
            width: flick.width - Theme.space3
            sourceComponent: panel.page === 0 ? appearance : panel.page === 1 ? answerPage : panel.models.hasCard ? model : noModel
        }
    }
    Rectangle {
        Layout.fillWidth: true
        implicitHeight: 1
        color: Theme.outline
    }
    PushButton {
        objectName: "settingsStorageButton"
        iconName: "storage"
        text: qsTr("What is kept on the disk …")
        onClicked: {
            panel.close();
            panel.storageRequested();
        }
    }
    Component {
        id: appearance
        AppearanceSettings { settings: panel.settings }
    }
    Component {
        id: answerPage
        AnswerSettingsPage { answers: panel.answers }
    }
    Component {
        id: model
        ModelSettingsPage { form: panel.models.settings }
    }
    Component {
        id: noModel
        TextLabel {
            text: qsTr("There is nothing to set until a model is open.")
            wrapMode: Text.Wrap
            color: Theme.textMuted
        }
    }
}
