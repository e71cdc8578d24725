import QtQuick
import QtQuick.Templates as T
import Kvasir

// Code in a panel of its own, with its language, a copy button, colours and sideways scrolling.
Rectangle {
    id: block

    required property string code
    required property string language
    property BlockSelection selection: null // of the message that it is a part of
    readonly property alias textItem: edit
    signal copyRequested(string text)
    function showMore() {
        if (document.canShowMore)
            document.showMore();
    }

    implicitHeight: head.height + flick.height + (bar.visible ? Theme.space1 : Theme.space3)
        + (rest.active ? rest.height + Theme.space3 : 0)
    radius: Theme.radiusCard
    color: Theme.surfaceSunken
    border.width: 1
    border.color: Theme.outline
    Accessible.role: Accessible.Grouping
    Accessible.name: language.length > 0 ? qsTr("Code, %1").arg(language) : qsTr("Code")

    Item {
        id: head
        width: parent.width
        height: 36
        TextLabel {
            anchors.left: parent.left
            anchors.leftMargin: Theme.space4
            anchors.right: copy.left
            anchors.verticalCenter: parent.verticalCenter
            text: block.language.length > 0 ? block.language : qsTr("code")
            font.pixelSize: Theme.sizeSmall
            color: Theme.textMuted
        }
        IconButton {
            id: copy
            property bool done: false
            anchors.right: parent.right
            anchors.rightMargin: Theme.space1
            anchors.verticalCenter: parent.verticalCenter
            implicitWidth: 28
            implicitHeight: 28
            iconSize: Theme.iconSizeSmall
            iconName: done ? "check" : "copy"
            iconColor: done ? Theme.success : hovered || visualFocus ? Theme.text : Theme.textMuted
            text: done ? qsTr("Copied") : qsTr("Copy code")
            onClicked: {
                block.copyRequested(block.code);
                done = true;
                reset.restart();
            }
            Timer {
                id: reset
                interval: Theme.doneTime
                onTriggered: copy.done = false
            }
        }
    }
    Flickable {
        id: flick
        anchors.top: head.bottom
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.leftMargin: 1
        anchors.rightMargin: 1
        height: edit.height + (bar.visible ? Theme.space3 : 0)
        contentWidth: edit.width
        contentHeight: edit.height
        clip: true
        flickableDirection: Flickable.HorizontalFlick
        boundsBehavior: Flickable.StopAtBounds
        T.ScrollBar.horizontal: SlimScrollBar { id: bar }

        TextEdit {
            id: edit
            width: Math.max(flick.width, contentWidth + leftPadding + rightPadding) // implicitWidth would lay it out twice
            leftPadding: Theme.space4 - 1
            rightPadding: Theme.space4 - 1
            readOnly: true
            selectByMouse: true
            textFormat: TextEdit.PlainText
            color: Theme.text
            font.family: Theme.monoFamily
            font.pixelSize: Theme.sizeLabel
            selectionColor: Theme.selection
            selectedTextColor: Theme.text
            Accessible.role: Accessible.StaticText
            Accessible.name: text
            Keys.onPressed: event => block.selection?.take(edit, event)
            function selectedSource(): string {
                return selectedText.replace(/\u2029/g, "\n");
            }
            // Not earlier: the editor empties its document when it is complete.
            Component.onCompleted: document.document = textDocument
            ParagraphTap {}
            SelectionPoint { selection: block.selection }
            HoverHandler { cursorShape: Qt.IBeamCursor }
            CodeDocument {
                id: document
                code: block.code
                language: block.language
                highlighter: Highlighter
                colors: Theme.codeColors
            }
        }
    }
    Loader {
        id: rest
        anchors.top: flick.bottom
        anchors.topMargin: Theme.space2
        x: Theme.space4
        active: document.hiddenCharacters > 0
        sourceComponent: Row {
            spacing: Theme.space3
            TextLabel {
                text: document.canShowMore ? qsTr("%L1 more characters").arg(document.hiddenCharacters)
                    : qsTr("%L1 more characters, which can be copied").arg(document.hiddenCharacters)
                font.pixelSize: Theme.sizeSmall
                color: Theme.textMuted
            }
            LinkButton {
                objectName: "moreCode"
                visible: document.canShowMore
                text: qsTr("Show more")
                onClicked: document.showMore()
            }
        }
    }
}
