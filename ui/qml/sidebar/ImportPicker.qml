import Kvasir

// Of the files of a folder, one that chats can be imported from.
FilePicker {
    objectName: "importPicker"
    title: qsTr("Import chats")
    nameFilters: ["*.json", "*.jsonl"]
    emptyText: qsTr("There are no chats in this folder: Kvasir's own JSON, ChatGPT's conversations.json, or SillyTavern's JSONL.")
}
