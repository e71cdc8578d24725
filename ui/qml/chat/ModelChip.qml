import QtQuick
import QtQuick.Templates as T
import Kvasir

// Which model answers and whether it can; a click tells more.
Chip {
    id: chip

    required property ChatController chat
    readonly property bool failed: chat.modelState === ChatController.ModelFailed
    readonly property bool loading: chat.modelState === ChatController.ModelLoading
    readonly property string stateText: loading ? qsTr("Loading") : failed ? qsTr("Can't be used")
        : chat.modelState === ChatController.ModelReady ? qsTr("Ready") : qsTr("No model")

    objectName: "modelChip"
    text: chat.modelName.length > 0 ? chat.modelName : qsTr("No model")
    dotColor: failed ? Theme.danger : loading ? Theme.accent
        : chat.modelState === ChatController.ModelReady ? Theme.success : Theme.textMuted
    dotPulses: loading
    Accessible.name: qsTr("Model: %1, %2").arg(text).arg(stateText)
    onClicked: details.opened ? details.close() : details.open()

    MenuPanel {
        id: details
        y: -implicitHeight - Theme.space2
        contentWidth: 300
        padding: Theme.space4
        spacing: Theme.space2
        accessibleName: qsTr("About the model")

        TextLabel {
            width: parent.width
            text: chip.text
            font.pixelSize: Theme.sizeBody
            font.weight: Font.DemiBold
        }
        TextLabel {
            objectName: "modelState"
            width: parent.width
            text: chip.stateText
            color: chip.failed ? Theme.danger : Theme.textMuted
        }
        TextLabel {
            width: parent.width
            visible: text.length > 0
            text: chip.chat.modelDetail
            wrapMode: Text.Wrap
            lineHeight: 1.35
        }
        TextLabel {
            objectName: "modelNote"
            width: parent.width
            visible: text.length > 0
            text: chip.chat.modelNote
            wrapMode: Text.Wrap
            lineHeight: 1.35
            color: chip.failed ? Theme.danger : Theme.textMuted
        }
    }
}
