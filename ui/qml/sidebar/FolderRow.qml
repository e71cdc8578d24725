import QtQuick
import Kvasir

// A folder in the side bar, above its chats. A click, Left and Right collapse it.
ListRow {
    id: row

    required property var folderId
    required property bool collapsed
    required property int chatCount
    signal collapseRequested(bool collapsed)

    objectName: "folderRow"
    iconName: "folder"
    note: chatCount > 0 ? chatCount : ""
    deletable: false
    nameOfTitle: qsTr("Name of the folder")
    Accessible.name: collapsed ? qsTr("Folder %1, collapsed, %n chat(s)", "", chatCount).arg(title)
                               : qsTr("Folder %1, %n chat(s)", "", chatCount).arg(title)
    onClicked: collapseRequested(!collapsed)
    Keys.onLeftPressed: collapseRequested(true)
    Keys.onRightPressed: collapseRequested(false)

    Icon {
        parent: row.background
        x: -Theme.space1 - 4
        anchors.verticalCenter: parent.verticalCenter
        name: "chevron-down"
        rotation: row.collapsed ? -90 : 0
        size: 12
        color: Theme.textMuted
    }
}
