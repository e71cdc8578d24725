import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Qt.labs.folderlistmodel
import Kvasir

// Looks for a file: folders and what in them has one of the names, or a path that is typed.
Dialog {
    id: picker

    required property ModelController models // knows paths
    required property UiSettings settings
    required property var nameFilters
    required property string emptyText // where a folder has no such file
    signal picked(string file)

    function goInto(folder: url) {
        list.currentIndex = -1;
        files.folder = folder;
        place.text = models.pathOf(folder);
    }
    function show() {
        goInto(settings.modelFolder);
        if (list.count > 0)
            list.currentIndex = 0;
        open();
    }
    function take(file: string) {
        const folder = models.folderOf(file);
        if (folder.toString().length > 0)
            settings.modelFolder = folder;
        close();
        picked(file);
    }
    function activate(index: int) {
        if (index < 0)
            return;
        if (files.isFolder(index))
            goInto(models.folderNamed(files.get(index, "filePath")));
        else
            take(files.get(index, "filePath"));
    }
    function goTo(text: string) {
        const named = models.folderNamed(text);
        if (named.toString().length > 0)
            goInto(named);
        else
            take(models.pathNamed(text));
    }
    function goUp() {
        if (files.parentFolder.toString().length > 0)
            goInto(files.parentFolder);
    }

    onOpened: list.forceActiveFocus() // by now what opened it has closed and given its own focus back

    maximumHeight: Theme.scaled(520)

    FolderListModel {
        id: files
        folder: picker.settings.modelFolder
        nameFilters: picker.nameFilters
        caseSensitive: false
        sortCaseSensitive: false
        showDirsFirst: true
    }

    RowLayout {
        Layout.fillWidth: true
        spacing: Theme.space2
        IconButton {
            objectName: "pickerUpButton"
            iconName: "up"
            text: qsTr("The folder above")
            onClicked: picker.goUp()
        }
        LineField {
            id: place
            objectName: "pickerPlace"
            Layout.fillWidth: true
            Accessible.name: qsTr("Folder or file")
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
            objectName: "pickerList"
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
            Accessible.name: qsTr("Folders and files")
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
                objectName: "pickerRow"
                width: ListView.view.width
                text: fileName
                isFolder: fileIsDir
                sizeText: fileIsDir ? "" : picker.models.sizeText(fileSize)
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
            objectName: "pickerCancelButton"
            text: qsTr("Cancel")
            onClicked: picker.close()
        }
        PushButton {
            objectName: "pickerOpenButton"
            primary: true
            enabled: list.currentIndex >= 0
            text: qsTr("Open")
            onClicked: picker.activate(list.currentIndex)
        }
    }
}
