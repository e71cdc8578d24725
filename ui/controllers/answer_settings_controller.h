#pragma once

#include "ui/models/answer_settings_model.h"
#include "ui/ports/answer_settings_port.h"

#include <QObject>
#include <QTimer>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

class ChatController;

/// How answers are made, in all chats or in the open one alone. What is chosen holds at once, and is kept a
/// moment later. GUI thread only.
class AnswerSettingsController : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The window is given its controller")
    Q_PROPERTY(kvasir::ui::AnswerSettingsModel *settings READ settings CONSTANT)
    /// Shows those of the open chat, which go before those of all chats.
    Q_PROPERTY(bool ofChat READ ofChat WRITE setOfChat NOTIFY changed)
    /// There is an open chat that could have its own …
    Q_PROPERTY(bool hasChat READ hasChat NOTIFY changed)
    /// … and does.
    Q_PROPERTY(bool chatHasOwn READ chatHasOwn NOTIFY changed)
    /// In digits; empty: none is chosen.
    Q_PROPERTY(QString seed READ seed NOTIFY changed)
    /// What holds then: of all chats; empty: each answer has a fresh one.
    Q_PROPERTY(QString inheritedSeed READ inheritedSeed NOTIFY changed)

public:
    /// Both must live longer.
    AnswerSettingsController(AnswerSettingsPort &port, ChatController &chat, QObject *parent = nullptr);
    ~AnswerSettingsController() override;

    AnswerSettingsModel *settings() { return &m_settings; }
    bool ofChat() const { return m_ofChat; }
    void setOfChat(bool ofChat);
    bool hasChat() const;
    bool chatHasOwn() const { return m_own != AnswerSettingsItem(); }
    QString seed() const;
    QString inheritedSeed() const;

    /// They are about to be looked at: asks for them, of all chats and of the open one.
    Q_INVOKABLE void load();
    Q_INVOKABLE void choose(int row, int step);
    Q_INVOKABLE void reset(int row);
    /// What is no number counts as empty.
    Q_INVOKABLE void chooseSeed(const QString &digits);
    /// The open chat has none of its own any more.
    Q_INVOKABLE void followAllChats();
    /// Now, rather than in a moment.
    Q_INVOKABLE void keep();

signals:
    void changed();

private:
    void onLoaded(qint64 conversationId, const AnswerSettingsItem &settings);
    void onCurrentChanged();
    AnswerSettingsItem &edited() { return m_ofChat ? m_own : m_ofAll; }
    /// What the model shows as chosen holds, and is kept in a moment.
    void keepSoon();
    void show();

    AnswerSettingsPort &m_port;
    ChatController &m_chat;
    AnswerSettingsModel m_settings;
    AnswerSettingsItem m_ofAll; ///< chosen for all chats …
    AnswerSettingsItem m_own; ///< … and for the chat `m_chatId`
    qint64 m_chatId = 0; ///< 0: none
    bool m_ofChat = false;
    bool m_looking = false; ///< they were asked for
    bool m_unkept = false; ///< something was chosen and not kept yet
    QTimer m_keepTimer; ///< until it is
};

} // namespace kvasir::ui
