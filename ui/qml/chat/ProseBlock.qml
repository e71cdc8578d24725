import QtQuick
import Kvasir

// A run of Markdown prose, or of plain text, that can be selected. Links open outside, on a click; nothing is ever loaded.
TextEdit {
    id: edit

    required property string markdown
    property color inkColor: Theme.text
    property int pixelSize: Theme.sizeBody
    property bool plain: false
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
    Accessible.name: markdown
    onLinkActivated: link => {
        if (prose.isSafeLink(link))
            Qt.openUrlExternally(link);
    }

    // Not earlier: the editor empties its document when it is complete.
    Component.onCompleted: prose.document = textDocument

    ProseDocument {
        id: prose
        markdown: edit.markdown
        plain: edit.plain
        pixelSize: edit.pixelSize
        lineHeight: Theme.lineHeight
        textColor: edit.inkColor
        mutedColor: Theme.textMuted
        linkColor: Theme.accent
        codeBackground: Theme.surfaceSunken
        monoFamily: Theme.monoFamily
    }
    HoverHandler {
        cursorShape: edit.hoveredLink.length > 0 ? Qt.PointingHandCursor : Qt.IBeamCursor
    }
}
