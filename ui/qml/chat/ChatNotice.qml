import QtQuick
import Kvasir

// What went wrong, or waits for a word, above the composer: the newest trouble of the chat, then of the model.
NoticeBar {
    id: notice

    required property ChatController chat
    required property ModelController models
    signal pickModelRequested

    readonly property bool ofChat: chat.notice.length > 0
    readonly property bool refused: models.offerKind === ModelController.Refused
    readonly property bool tooLarge: models.offerKind === ModelController.TooLarge
    readonly property bool noModel: models.state === ModelController.Failed || models.state === ModelController.NoModel
    readonly property bool needsStarter: !ofChat && !refused && !tooLarge

    visible: text.length > 0
    text: ofChat ? chat.notice : refused || tooLarge ? models.offerText
        : models.state === ModelController.Failed && models.note.length === 0 ? qsTr("%1 can't be used.").arg(models.name)
        : noModel ? models.note : ""
    dismissible: !needsStarter
    iconName: "alert"
    iconColor: tooLarge && !ofChat ? Theme.accent : Theme.danger
    actionObjectName: "noticeAction"
    actionText: ofChat ? "" : tooLarge ? qsTr("Open it anyway") : refused ? qsTr("Choose another") : qsTr("Use the starter model")
    onAction: tooLarge ? models.acceptOffer() : refused ? pickModelRequested() : models.useStarter()
    onDismissed: ofChat ? chat.dismissNotice() : models.dismissOffer()
}
