import QtQuick
import QtQuick.Layouts
import Kvasir

// How the model is run, and what that takes.
Column {
    id: page

    required property ModelSettingsForm form

    spacing: Theme.space1

    RowLayout {
        width: parent.width
        TextLabel {
            Layout.fillWidth: true
            text: qsTr("Context")
            font.weight: Font.Medium
        }
        LinkButton {
            objectName: "automaticContextButton"
            visible: !page.form.contextAutomatic
            text: qsTr("Choose for me")
            onClicked: page.form.chooseAutomaticContext()
        }
    }
    StepSlider {
        objectName: "contextSlider"
        width: parent.width
        visible: steps > 1
        steps: page.form.contextSteps.length
        step: page.form.contextStep
        accessibleName: qsTr("Context")
        accessibleValue: page.form.contextText
        onChosen: step => page.form.contextStep = step
    }
    TextLabel {
        objectName: "contextText"
        width: parent.width
        text: page.form.contextText
    }
    TextLabel {
        objectName: "kvCostText"
        width: parent.width
        bottomPadding: Theme.space2
        text: page.form.kvCostText
        wrapMode: Text.Wrap
        color: Theme.textMuted
    }

    TextLabel {
        text: qsTr("Memory of the conversation (KV)")
        font.weight: Font.Medium
        bottomPadding: Theme.space1
    }
    Segments {
        objectName: "kvTypeSegments"
        width: parent.width
        accessibleName: qsTr("Memory of the conversation")
        choices: [qsTr("16 bit"), qsTr("8 bit")]
        current: page.form.kvType
        onChosen: index => page.form.kvType = index
    }
    TextLabel {
        objectName: "kvTypeText"
        width: parent.width
        topPadding: Theme.space1
        bottomPadding: Theme.space2
        text: page.form.kvTypeText
        wrapMode: Text.Wrap
        color: Theme.textMuted
    }

    ComputedBySettings {
        width: parent.width
        visible: form.gpuName.length > 0
        form: page.form
    }

    RowLayout {
        width: parent.width
        TextLabel {
            Layout.fillWidth: true
            text: qsTr("Threads")
            font.weight: Font.Medium
        }
        IconButton {
            objectName: "fewerThreadsButton"
            iconName: "minus"
            text: qsTr("Fewer threads")
            enabled: page.form.threads > 1
            onClicked: page.form.threads -= 1
        }
        TextLabel {
            objectName: "threadsText"
            Layout.minimumWidth: Theme.scaled(40)
            horizontalAlignment: Text.AlignHCenter
            text: qsTr("%1 of %2").arg(page.form.threads).arg(page.form.mostThreads)
        }
        IconButton {
            objectName: "moreThreadsButton"
            iconName: "plus"
            text: qsTr("More threads")
            enabled: page.form.threads < page.form.mostThreads
            onClicked: page.form.threads += 1
        }
    }

    RowLayout {
        width: parent.width
        TextLabel {
            Layout.fillWidth: true
            topPadding: Theme.space1
            text: qsTr("Memory")
            font.weight: Font.Medium
        }
        TextLabel {
            topPadding: Theme.space1
            text: page.form.memoryText
            color: page.form.fit >= ModelSettingsForm.ContextTooLarge ? Theme.danger : Theme.textMuted
        }
    }
    Item {
        width: parent.width
        height: bar.height + Theme.space2
        MemoryBar {
            id: bar
            anchors.verticalCenter: parent.verticalCenter
            width: parent.width
            form: page.form
        }
    }
    // Two lines, whatever they say, and buttons that are always there: the panel stands on its lower edge, so what
    // grew would push everything from under the pointer.
    TextLabel {
        objectName: "memoryDetail"
        width: parent.width
        height: Math.max(implicitHeight, Theme.scaled(40))
        text: page.form.memoryDetail
        wrapMode: Text.Wrap
        lineHeight: 1.35
        color: page.form.fit >= ModelSettingsForm.ContextTooLarge ? Theme.danger
            : page.form.fit === ModelSettingsForm.Tight ? Theme.accent : Theme.textMuted
    }
    Row {
        spacing: Theme.space2
        PushButton {
            objectName: "applySettingsButton"
            primary: true
            enabled: page.form.modified
            text: qsTr("Apply")
            onClicked: page.form.apply()
        }
        PushButton {
            objectName: "revertSettingsButton"
            enabled: page.form.modified
            text: qsTr("Undo")
            onClicked: page.form.revert()
        }
    }
}
