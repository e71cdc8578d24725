import QtQuick
import Kvasir

// Which model answers and whether it can; a click tells more.
Chip {
    id: chip

    required property ModelController models
    signal pickRequested

    readonly property bool reading: models.offerKind === ModelController.Reading
    readonly property bool failed: models.state === ModelController.Failed
    readonly property bool loading: models.state === ModelController.Loading
    readonly property bool ready: models.state === ModelController.Ready
    readonly property string percent: models.progress >= 0 ? qsTr("%1 %").arg(Math.round(100 * models.progress)) : ""
    readonly property string stateText: loading
        ? (models.waiting ? qsTr("Waits for the answer to end") : percent.length > 0 ? qsTr("Loading, %1").arg(percent) : qsTr("Loading"))
        : failed ? qsTr("Can't be used") : ready ? qsTr("Ready") : qsTr("No model")

    function openPanel() { panel.open(); }

    objectName: "modelChip"
    text: reading ? models.offerName : models.name.length > 0 ? models.name : qsTr("No model")
    detail: loading && !reading ? percent : ""
    dotColor: failed ? Theme.danger : loading || reading ? Theme.accent : ready ? Theme.success : Theme.textMuted
    dotPulses: loading || reading
    Accessible.name: qsTr("Model: %1, %2").arg(text).arg(stateText)
    onClicked: panel.opened ? panel.close() : panel.open()

    ModelPanel {
        id: panel
        y: -implicitHeight - Theme.space2
        models: chip.models
        stateText: chip.stateText
        onPickRequested: {
            panel.close();
            chip.pickRequested();
        }
    }
}
