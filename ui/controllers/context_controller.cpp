#include "ui/controllers/context_controller.h"

#include "ui/controllers/chat_controller.h"
#include "ui/controllers/model_controller.h"

#include <algorithm>

namespace kvasir::ui {

static_assert(int(ContextPolicyItem::DropOldest) == ContextController::DropOldest);

ContextController::ContextController(ContextPort &port, ChatController &chat, ModelController &models,
                                     QObject *parent)
    : QObject(parent)
    , m_port(port)
    , m_chat(chat)
    , m_models(models)
{
    connect(&port, &ContextPort::measured, this, [this](qint64 id, const ContextItem &context) {
        if (id != m_chat.currentId())
            return;
        m_context = context;
        m_measured = true;
        emit changed();
    });
    connect(&port, &ContextPort::newChatsPolicyChanged, this, [this](ContextPolicyItem policy) {
        m_policyOfNewChats = Policy(policy);
        emit changed();
    });
    connect(&port, &ContextPort::summarising, this, [this](qint64 id, bool on) {
        if (id == m_chat.currentId())
            setSummarising(on);
    });
    connect(&chat, &ChatController::currentChanged, this, &ContextController::forget);
    connect(&models, &ModelController::modelChanged, this, &ContextController::changed);
}

int ContextController::limitTokens() const
{
    return m_models.contextTokens();
}

int ContextController::freeTokens() const
{
    return std::max(0, limitTokens() - systemTokens() - chatTokens());
}

qreal ContextController::part() const
{
    return known() ? 1 - qreal(freeTokens()) / limitTokens() : 0;
}

bool ContextController::full() const
{
    constexpr int kLeastForAnAnswer = 256;
    return known() && freeTokens() < std::min(kLeastForAnAnswer, limitTokens() / 16);
}

void ContextController::choose(Policy policy)
{
    if (m_chat.currentId() != 0)
        m_port.choosePolicy(m_chat.currentId(), ContextPolicyItem(policy));
}

void ContextController::useForNewChats()
{
    m_port.chooseForNewChats(ContextPolicyItem(policy()));
}

void ContextController::waveAway()
{
    m_waved = true;
    emit changed();
}

void ContextController::readAgain(qint64 messageId)
{
    m_port.readAgain(m_chat.currentId(), messageId);
}

void ContextController::forget()
{
    m_context = {};
    m_measured = false;
    m_waved = false;
    setSummarising(false);
    emit changed();
}

void ContextController::setSummarising(bool summarising)
{
    if (m_summarising == summarising)
        return;
    m_summarising = summarising;
    emit summarisingChanged();
}

} // namespace kvasir::ui
