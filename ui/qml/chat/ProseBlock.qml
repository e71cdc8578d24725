import QtQuick
import Kvasir

// A run of prose, a table, or plain text, that can be selected; formulas are copied as LaTeX. Links open outside, on a click,
// and tell before where they lead; nothing is ever loaded.
TextEdit {
    id: edit

    property var block: null // MarkdownBlock of kind Prose or Table …
    property string plainText: "" // … or text without markup
    property BlockSelection selection: null // of the message that it is a part of
    property color inkColor: Theme.text
    property int pixelSize: Theme.sizeBody
    readonly property alias naturalWidth: prose.naturalWidth
    readonly property alias columns: prose.columns
    // A line's extra height lies below its text; this puts half of it above.
    readonly property int lead: Math.round(pixelSize * 0.14)

    topPadding: lead
    bottomPadding: -lead
    readOnly: true
    selectByMouse: true
    activeFocusOnPress: true
    textFormat: TextEdit.RichText
    wrapMode: TextEdit.Wrap
    color: inkColor
    font.pixelSize: pixelSize
    selectionColor: Theme.selection
    selectedTextColor: Theme.text
    Accessible.role: Accessible.StaticText
    Accessible.name: prose.spokenText
    onLinkActivated: link => {
        if (prose.isSafeLink(link))
            Qt.openUrlExternally(link);
    }
    onBlockChanged: if (block) prose.block = block
    Keys.onPressed: event => {
        if (selection?.take(edit, event))
            return;
        if (!event.matches(StandardKey.Copy) || selectionStart === selectionEnd)
            return;
        prose.copyBetween(selectionStart, selectionEnd);
        event.accepted = true;
    }
    function selectedSource(): string {
        return prose.textBetween(selectionStart, selectionEnd);
    }

    // Not earlier: the editor empties its document when it is complete.
    Component.onCompleted: prose.document = textDocument

    ProseDocument {
        id: prose
        plainText: edit.plainText
        typesetter: Typesetter
        pixelSize: edit.pixelSize
        lineHeight: Theme.lineHeight
        textColor: edit.inkColor
        mutedColor: Theme.textMuted
        linkColor: Theme.accent
        codeBackground: Theme.surfaceSunken
        monoFamily: Theme.monoFamily
    }
    Loader {
        active: prose.formulas.length > 0
        sourceComponent: Item {
            Repeater {
                model: prose.formulas
                FormulaItem {
                    required property var modelData
                    x: edit.leftPadding + modelData.x
                    y: edit.topPadding + modelData.y
                    width: modelData.width
                    height: modelData.height
                    typesetter: Typesetter
                    latex: modelData.latex
                    display: modelData.display
                    pixelSize: edit.pixelSize
                    color: edit.inkColor
                }
            }
        }
    }
    ParagraphTap {}
    SelectionPoint { selection: edit.selection }
    HoverHandler {
        id: hover
        cursorShape: edit.hoveredLink.length > 0 ? Qt.PointingHandCursor : Qt.IBeamCursor
    }
    Loader { // few texts have links, and fewer are pointed at
        active: edit.hoveredLink.length > 0
        x: hover.point.position.x
        y: hover.point.position.y + Theme.space5
        sourceComponent: Hint {
            x: 0
            y: 0
            visible: true
            text: edit.hoveredLink
        }
    }
}
