import QtQuick
import Kvasir

// What went wrong, or waits for a word, above the composer: the newest trouble of the chat, then of the model,
// then that the chat has outgrown it.
NoticeBar {
    id: notice

    required property ChatController chat
    required property ModelController models
    required property ContextController context
    signal pickModelRequested

    readonly property bool ofChat: chat.notice.length > 0
    readonly property bool refused: models.offerKind === ModelController.Refused
    readonly property bool tooLarge: models.offerKind === ModelController.TooLarge
    readonly property bool noModel: models.state === ModelController.Failed || models.state === ModelController.NoModel
    readonly property bool ofContext: !ofChat && !refused && !tooLarge && !noModel && context.asks
    readonly property bool needsStarter: !ofChat && !refused && !tooLarge && !ofContext

    visible: text.length > 0
    text: ofChat ? chat.notice : refused || tooLarge ? models.offerText
        : models.state === ModelController.Failed && models.note.length === 0 ? qsTr("%1 can't be used.").arg(models.name)
        : noModel ? models.note
        : ofContext ? qsTr("This chat fills the %1 tokens that the model can read.")
                          .arg(context.limitTokens.toLocaleString(Qt.locale(), "f", 0))
        : ""
    dismissible: !needsStarter
    iconName: "alert"
    iconColor: ofContext || tooLarge && !ofChat ? Theme.accent : Theme.danger
    actionObjectName: "noticeAction"
    actionText: ofChat ? "" : ofContext ? qsTr("Sum up the beginning") : tooLarge ? qsTr("Open it anyway") : refused ? qsTr("Choose another") : qsTr("Use the starter model")
    otherActionObjectName: "noticeOtherAction"
    otherActionText: ofContext ? qsTr("Leave out the oldest") : ""
    onAction: ofContext ? context.choose(ContextController.Summarise) : tooLarge ? models.acceptOffer() : refused ? pickModelRequested() : models.useStarter()
    onOtherAction: context.choose(ContextController.DropOldest)
    onDismissed: ofChat ? chat.dismissNotice() : ofContext ? context.waveAway() : models.dismissOffer()
}
