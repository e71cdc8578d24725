import QtQuick
import Kvasir

// About the model that answers, how it is run, and the way to another one.
MenuPanel {
    id: panel

    required property ModelController models
    required property string stateText
    signal pickRequested

    readonly property bool failed: models.state === ModelController.Failed
    readonly property bool loading: models.state === ModelController.Loading
    property int page: 0
    readonly property bool choosing: page === 0 || !models.hasCard

    objectName: "modelPanel"
    contentWidth: Theme.scaled(344)
    padding: Theme.space4
    spacing: Theme.space2
    accessibleName: qsTr("Model")
    onAboutToShow: {
        maximumHeight = parent.mapToItem(null, 0, 0).y - 2 * Theme.space3 - topPadding - bottomPadding;
        models.measureMemory();
    }

    TextLabel {
        width: parent.width
        text: panel.models.name.length > 0 ? panel.models.name : qsTr("No model")
        font.pixelSize: Theme.sizeBody
        font.weight: Font.DemiBold
        wrapMode: Text.Wrap
        maximumLineCount: 2
        elide: Text.ElideRight
    }
    TextLabel {
        objectName: "modelState"
        width: parent.width
        text: panel.stateText
        color: panel.failed ? Theme.danger : Theme.textMuted
    }
    Rectangle {
        objectName: "modelProgress"
        width: parent.width
        height: 4
        radius: 2
        visible: panel.loading && panel.models.progress >= 0
        color: Theme.outline
        Rectangle {
            width: parent.width * Math.max(0, Math.min(1, panel.models.progress))
            height: parent.height
            radius: 2
            color: Theme.accent
        }
    }
    TextLabel {
        objectName: "modelNote"
        width: parent.width
        visible: text.length > 0
        text: panel.models.note
        wrapMode: Text.Wrap
        lineHeight: 1.35
        color: panel.failed ? Theme.danger : Theme.textMuted
    }
    ModelOffer {
        objectName: "modelOffer"
        width: parent.width
        visible: panel.models.offerKind === ModelController.Refused || panel.models.offerKind === ModelController.TooLarge
        models: panel.models
        onPickRequested: panel.pickRequested()
    }
    Item {
        width: parent.width
        height: pages.height + Theme.space2
        visible: panel.models.hasCard
        Segments {
            id: pages
            objectName: "modelPages"
            anchors.bottom: parent.bottom
            width: parent.width
            accessibleName: qsTr("About the model, or its settings")
            choices: [qsTr("About"), qsTr("Settings")]
            current: panel.page
            onChosen: index => panel.page = index
        }
    }
    Item {
        width: parent.width
        height: body.height + Theme.space2
        visible: panel.models.hasCard
        Loader {
            id: body
            anchors.bottom: parent.bottom
            width: parent.width
            sourceComponent: panel.page === 0 ? about : settings
        }
        Component {
            id: about
            ModelFacts { models: panel.models }
        }
        Component {
            id: settings
            ModelSettingsPage { form: panel.models.settings }
        }
    }
    Item {
        width: parent.width
        height: Theme.space3
        visible: panel.choosing
        Rectangle {
            anchors.verticalCenter: parent.verticalCenter
            width: parent.width
            height: 1
            color: Theme.outline
        }
    }
    Column {
        x: -Theme.space2
        width: parent.width + 2 * Theme.space2
        visible: panel.choosing
        Repeater {
            model: panel.models.recent
            MenuRow {
                required property var modelData
                objectName: "recentModel"
                text: modelData.name
                detail: modelData.detail
                iconName: "model"
                onClicked: panel.models.open(modelData.path)
            }
        }
        MenuRow {
            objectName: "useStarterRow"
            visible: !panel.models.isStarter || panel.failed
            iconName: "retry"
            text: qsTr("Use the starter model")
            onClicked: panel.models.useStarter()
        }
        MenuRow {
            objectName: "pickModelRow"
            iconName: "folder"
            text: qsTr("Open a model file …")
            onClicked: panel.pickRequested()
        }
    }
}
