import Kvasir

// Of the model files of a folder, one.
FilePicker {
    objectName: "modelPicker"
    title: qsTr("Open a model")
    nameFilters: ["*.gguf"]
    emptyText: qsTr("There are no models in this folder (files that end in .gguf).")
}
