import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Qt.labs.folderlistmodel
import Kvasir

// Looks for a file or a folder: what there is, or a path that is typed.
Dialog {
    id: picker

    required property string emptyText // where a folder has nothing of the kind
    property var nameFilters: ["*"]
    property bool foldersOnly: false // the one that is shown is picked
    property string pickText: qsTr("Open")
    property string prefix: "picker" // of the parts' object names
    signal picked(string path)

    function show(folder: url) {
        goInto(folder);
        if (list.count > 0)
            list.currentIndex = 0;
        open();
    }
    function goInto(folder: url) {
        list.currentIndex = -1;
        files.folder = folder;
        place.text = Paths.pathOf(folder);
    }
    function take(path: string) {
        close();
        picked(path);
    }
    function activate(index: int) {
        if (index < 0)
            return;
        if (files.isFolder(index))
            goInto(Paths.folderNamed(files.get(index, "filePath")));
        else
            take(files.get(index, "filePath"));
    }
    function goTo(text: string) {
        const named = Paths.folderNamed(text);
        if (named.toString().length > 0)
            goInto(named);
        else if (!foldersOnly)
            take(Paths.pathNamed(text));
    }
    function goUp() {
        if (files.parentFolder.toString().length > 0)
            goInto(files.parentFolder);
    }

    onOpened: list.forceActiveFocus() // by now what opened it has closed and given its own focus back

    maximumHeight: Theme.scaled(520)

    FolderListModel {
        id: files
        nameFilters: picker.nameFilters
        showFiles: !picker.foldersOnly
        caseSensitive: false
        sortCaseSensitive: false
        showDirsFirst: true
    }

    RowLayout {
        Layout.fillWidth: true
        spacing: Theme.space2
        IconButton {
            objectName: picker.prefix + "UpButton"
            iconName: "up"
            text: qsTr("The folder above")
            onClicked: picker.goUp()
        }
        LineField {
            id: place
            objectName: picker.prefix + "Place"
            Layout.fillWidth: true
            Accessible.name: picker.foldersOnly ? qsTr("Folder") : qsTr("Folder or file")
            onAccepted: picker.goTo(text)
        }
    }
    Rectangle {
        Layout.fillWidth: true
        Layout.fillHeight: true
        radius: Theme.radiusControl
        color: Theme.surfaceRaised
        border.width: 1
        border.color: Theme.outline
        ListView {
            id: list
            objectName: picker.prefix + "List"
            anchors.fill: parent
            anchors.margins: Theme.space1
            clip: true
            boundsBehavior: Flickable.StopAtBounds
            model: files
            currentIndex: -1
            keyNavigationEnabled: true
            onCountChanged: {
                if (currentIndex < 0 && count > 0)
                    currentIndex = 0;
            }
            activeFocusOnTab: true
            Accessible.role: Accessible.List
            Accessible.name: picker.foldersOnly ? qsTr("Folders") : qsTr("Folders and files")
            T.ScrollBar.vertical: SlimScrollBar {}
            Keys.onPressed: event => {
                if (event.key === Qt.Key_Backspace) {
                    picker.goUp();
                    event.accepted = true;
                }
            }
            delegate: FilePickerRow {
                required property int index
                required property string fileName
                required property bool fileIsDir
                required property double fileSize
                objectName: picker.prefix + "Row"
                width: ListView.view.width
                text: fileName
                isFolder: fileIsDir
                sizeText: fileIsDir ? "" : Paths.sizeText(fileSize)
                current: ListView.isCurrentItem
                onClicked: {
                    list.forceActiveFocus();
                    list.currentIndex = index;
                }
                onDoubleClicked: picker.activate(index)
                Keys.onReturnPressed: picker.activate(index)
                Keys.onEnterPressed: picker.activate(index)
            }
        }
        FocusRing {
            shown: list.activeFocus
            inset: 0
        }
        TextLabel {
            anchors.centerIn: parent
            visible: list.count === 0 && files.status === FolderListModel.Ready
            text: picker.emptyText
            width: Math.min(implicitWidth, parent.width - 2 * Theme.space4)
            horizontalAlignment: Text.AlignHCenter
            wrapMode: Text.Wrap
            color: Theme.textMuted
        }
    }
    RowLayout {
        Layout.fillWidth: true
        spacing: Theme.space2
        Item { Layout.fillWidth: true }
        PushButton {
            objectName: picker.prefix + "CancelButton"
            text: qsTr("Cancel")
            onClicked: picker.close()
        }
        PushButton {
            objectName: picker.prefix + "OpenButton"
            primary: true
            enabled: picker.foldersOnly || list.currentIndex >= 0
            text: picker.pickText
            onClicked: picker.foldersOnly ? picker.take(Paths.pathOf(files.folder)) : picker.activate(list.currentIndex)
        }
    }
}
