import QtQuick
import Kvasir

// One block of an answer, in its place: below the gap that it wants, inside of the lists and quotes that it is in.
Item {
    id: slot

    required property int number // of the message's blocks
    required property var block // MarkdownBlock
    property BlockSelection selection: null
    property MessageFinder finder: null
    property int occurrence: -1 // of what is sought in it, the one that the person is at
    property color inkColor: Theme.text
    property int pixelSize: Theme.sizeBody
    signal copyRequested(string text)

    readonly property bool quoted: block.quoteDepth > 0
    readonly property color ink: quoted ? Theme.textMuted : inkColor
    readonly property int indentWidth: Math.round(pixelSize * 1.6) // as in ProseFormats
    readonly property int quoteX: block.indent * indentWidth
    readonly property TextEdit textItem: content.item?.textItem ?? null // null: what can only be selected as a whole
    readonly property bool selected: selection?.encloses(number) ?? false
    readonly property int gap: number === 0 || block.kind === MarkdownBlockModel.Plain ? 0
        : Math.round(pixelSize * (block.headingLevel > 0 ? 1.2 : block.tight ? 0.25 : 0.75))

    implicitHeight: gap + content.height

    Loader {
        active: slot.quoted
        sourceComponent: Item {
            Repeater {
                model: slot.block.quoteDepth
                Rectangle {
                    required property int index
                    x: slot.quoteX + index * Theme.space4
                    y: slot.block.joinsQuote ? 0 : slot.gap
                    width: 3
                    height: slot.height - y
                    radius: 1.5
                    color: Theme.outline
                }
            }
        }
    }
    Loader {
        id: content
        x: slot.quoteX + slot.block.quoteDepth * Theme.space4 + slot.block.innerIndent * slot.indentWidth
        y: slot.gap
        width: slot.width - x
        // What it shows has its width from the beginning: a text is laid out once.
        sourceComponent: slot.block.kind === MarkdownBlockModel.Code ? code
            : slot.block.kind === MarkdownBlockModel.Table ? table
            : slot.block.kind === MarkdownBlockModel.Math ? math
            : slot.block.kind === MarkdownBlockModel.Rule ? rule : prose // or plain
    }
    Loader {
        parent: slot.textItem ?? slot
        anchors.fill: parent
        z: -1
        active: slot.textItem !== null && (slot.finder?.text.length ?? 0) > 0
        sourceComponent: FindMarks {
            finder: slot.finder
            edit: slot.textItem
            current: slot.occurrence
            onMissed: content.item.showMore?.()
        }
    }
    Component {
        id: prose
        Item { // a Loader asks for the natural width, which a text is laid out once more for
            readonly property alias textItem: text
            implicitHeight: text.implicitHeight
            ProseBlock {
                id: text
                width: content.width
                block: slot.block.kind === MarkdownBlockModel.Plain ? null : slot.block
                plainText: slot.block.kind === MarkdownBlockModel.Plain ? slot.block.text : ""
                selection: slot.selection
                inkColor: slot.ink
                pixelSize: slot.pixelSize
            }
        }
    }
    Component {
        id: table
        TableBlock {
            width: content.width
            block: slot.block
            selection: slot.selection
            inkColor: slot.ink
            pixelSize: slot.pixelSize
        }
    }
    Component {
        id: code
        CodeBlock {
            width: content.width
            code: slot.block.text
            selection: slot.selection
            language: slot.block.language
            onCopyRequested: text => slot.copyRequested(text)
        }
    }
    Component {
        id: math
        MathBlock {
            width: content.width
            latex: slot.block.text
            selected: slot.selected
            open: slot.block.open
            inkColor: slot.ink
            pixelSize: slot.pixelSize
            onCopyRequested: text => slot.copyRequested(text)
        }
    }
    Component {
        id: rule
        Item {
            implicitHeight: Theme.space4
            Rectangle {
                anchors.verticalCenter: parent.verticalCenter
                width: parent.width
                height: 1
                color: Theme.outline
            }
        }
    }
}
