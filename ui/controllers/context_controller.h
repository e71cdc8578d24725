#pragma once

#include "ui/ports/context_port.h"

#include <QObject>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

class ChatController;
class ModelController;

/// How much of the model's context the open chat takes, and what is to happen when it is full. GUI thread
/// only.
class ContextController : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The window is given its controller")
    /// False while the open chat was not measured or no model is loaded: the rest says nothing then.
    Q_PROPERTY(bool known READ known NOTIFY changed)
    Q_PROPERTY(int systemTokens READ systemTokens NOTIFY changed)
    Q_PROPERTY(int chatTokens READ chatTokens NOTIFY changed)
    /// At the chat's beginning, which the model no longer reads.
    Q_PROPERTY(int leftOutMessages READ leftOutMessages NOTIFY changed)
    Q_PROPERTY(int freeTokens READ freeTokens NOTIFY changed)
    Q_PROPERTY(int limitTokens READ limitTokens NOTIFY changed)
    /// The part of the context that is taken, 0 … 1.
    Q_PROPERTY(qreal part READ part NOTIFY changed)
    /// Hardly an answer fits any more.
    Q_PROPERTY(bool full READ full NOTIFY changed)
    Q_PROPERTY(Policy policy READ policy NOTIFY changed)
    /// What new chats begin with.
    Q_PROPERTY(Policy policyOfNewChats READ policyOfNewChats NOTIFY changed)
    /// The chat is full, nothing was chosen for that, and the person did not wave it away.
    Q_PROPERTY(bool asks READ asks NOTIFY changed)
    Q_PROPERTY(bool summarising READ summarising NOTIFY summarisingChanged)

public:
    /// As `ContextPolicyItem`.
    enum Policy { Stop, Summarise, DropOldest };
    Q_ENUM(Policy)

    /// All of them must live longer.
    ContextController(ContextPort &port, ChatController &chat, ModelController &models,
                      QObject *parent = nullptr);

    bool known() const { return m_measured && limitTokens() > 0; }
    int systemTokens() const { return m_context.systemTokens; }
    int chatTokens() const { return m_context.chatTokens; }
    int leftOutMessages() const { return m_context.leftOutMessages; }
    int freeTokens() const;
    int limitTokens() const;
    qreal part() const;
    bool full() const;
    Policy policy() const { return Policy(m_context.policy); }
    Policy policyOfNewChats() const { return m_policyOfNewChats; }
    bool asks() const { return full() && policy() == Stop && !m_waved; }
    bool summarising() const { return m_summarising; }

    Q_INVOKABLE void choose(kvasir::ui::ContextController::Policy policy);
    /// What the open chat has, for new ones too.
    Q_INVOKABLE void useForNewChats();
    /// Until another chat is opened.
    Q_INVOKABLE void waveAway();
    Q_INVOKABLE void readAgain(qint64 messageId);

signals:
    void changed();
    void summarisingChanged();

private:
    void forget();
    void setSummarising(bool summarising);

    ContextPort &m_port;
    ChatController &m_chat;
    ModelController &m_models;
    ContextItem m_context;
    Policy m_policyOfNewChats = Stop;
    bool m_measured = false;
    bool m_waved = false;
    bool m_summarising = false;
};

} // namespace kvasir::ui
