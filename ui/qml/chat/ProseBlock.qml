import QtQuick
import Kvasir

// A run of Markdown prose that can be selected. Links open outside, on a click; nothing is ever loaded.
TextEdit {
    id: edit

    required property string markdown
    property color inkColor: Theme.text

    readOnly: true
    selectByMouse: true
    activeFocusOnPress: true
    textFormat: TextEdit.RichText
    wrapMode: TextEdit.Wrap
    color: inkColor
    font.pixelSize: Theme.sizeBody
    selectionColor: Theme.selection
    selectedTextColor: Theme.text
    Accessible.role: Accessible.StaticText
    Accessible.name: markdown
    onLinkActivated: link => {
        if (prose.isSafeLink(link))
            Qt.openUrlExternally(link);
    }

    ProseDocument {
        id: prose
        document: edit.textDocument
        markdown: edit.markdown
        pixelSize: Theme.sizeBody
        lineHeight: Theme.lineHeight
        textColor: edit.inkColor
        mutedColor: Theme.textMuted
        linkColor: Theme.accent
        codeBackground: Theme.surfaceSunken
        outlineColor: Theme.outline
        monoFamily: Theme.monoFamily
    }
    HoverHandler {
        cursorShape: edit.hoveredLink.length > 0 ? Qt.PointingHandCursor : Qt.IBeamCursor
    }
}
