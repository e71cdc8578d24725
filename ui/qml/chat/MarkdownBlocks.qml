import QtQuick
import Kvasir

// An answer's blocks below one another. While it grows, only its last blocks change.
Column {
    id: column

    required property var blocks // MarkdownBlockModel
    property color inkColor: Theme.text
    property int pixelSize: Theme.sizeBody
    signal copyRequested(string text)

    spacing: Math.round(pixelSize * 0.75)

    Repeater {
        model: column.blocks
        Loader {
            id: slot
            required property int kind
            required property string text
            required property string language

            width: column.width
            sourceComponent: kind === MarkdownBlockModel.Code ? code
                : kind === MarkdownBlockModel.Quote ? quote
                : kind === MarkdownBlockModel.Rule ? rule : prose

            Component {
                id: prose
                ProseBlock {
                    markdown: slot.text
                    inkColor: column.inkColor
                    pixelSize: column.pixelSize
                }
            }
            Component {
                id: code
                CodeBlock {
                    code: slot.text
                    language: slot.language
                    onCopyRequested: text => column.copyRequested(text)
                }
            }
            Component {
                id: quote
                Item {
                    implicitHeight: quoted.implicitHeight
                    Rectangle {
                        width: 3
                        height: parent.height
                        radius: 1.5
                        color: Theme.outline
                    }
                    ProseBlock {
                        id: quoted
                        x: Theme.space4
                        width: parent.width - x
                        markdown: slot.text
                        inkColor: Theme.textMuted
                        pixelSize: column.pixelSize
                    }
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
    }
}
