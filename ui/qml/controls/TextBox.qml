import QtQuick
import QtQuick.Templates as T
import Kvasir

// Several lines of writing, which scroll.
FocusScope {
    id: box

    property alias text: area.text
    property alias placeholderText: placeholder.text
    property alias area: area
    required property string accessibleName

    Rectangle {
        anchors.fill: parent
        radius: Theme.radiusControl
        color: Theme.surfaceRaised
        border.width: area.activeFocus ? 2 : 1
        border.color: area.activeFocus ? Theme.accent : Theme.outline
    }
    Flickable {
        id: flick
        anchors.fill: parent
        anchors.margins: 2
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        contentWidth: width
        contentHeight: area.implicitHeight
        T.ScrollBar.vertical: SlimScrollBar {}

        T.TextArea {
            id: area
            focus: true
            width: flick.width
            height: Math.max(flick.height, implicitHeight)
            implicitHeight: contentHeight + topPadding + bottomPadding
            padding: Theme.space3
            color: Theme.text
            font.family: Theme.family
            font.pixelSize: Theme.sizeLabel
            wrapMode: TextEdit.Wrap
            selectByMouse: true
            selectionColor: Theme.selection
            selectedTextColor: Theme.text
            textFormat: TextEdit.PlainText
            KeyNavigation.priority: KeyNavigation.BeforeItem
            KeyNavigation.tab: area.nextItemInFocusChain()
            Accessible.role: Accessible.EditableText
            Accessible.name: box.accessibleName
            Accessible.multiLine: true
            onCursorRectangleChanged: {
                if (cursorRectangle.y < flick.contentY)
                    flick.contentY = Math.max(0, cursorRectangle.y - padding);
                else if (cursorRectangle.y + cursorRectangle.height > flick.contentY + flick.height)
                    flick.contentY = cursorRectangle.y + cursorRectangle.height + padding - flick.height;
            }
        }
        TextLabel {
            id: placeholder
            x: area.leftPadding
            y: area.topPadding
            width: area.width - 2 * area.padding
            wrapMode: Text.Wrap
            visible: area.length === 0 && area.preeditText.length === 0
            color: Theme.textMuted
            Accessible.ignored: true
        }
    }
}
