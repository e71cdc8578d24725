#include "ui/controllers/answer_settings_controller.h"

#include "ui/controllers/chat_controller.h"

#include <utility>

namespace kvasir::ui {
namespace {

constexpr int kKeepMs = 300; // a slider that is dragged changes many times a second

/// `own`, and what it leaves to `others`.
AnswerSettingsItem over(const AnswerSettingsItem &own, const AnswerSettingsItem &others)
{
    const auto first = [](const auto &a, const auto &b) { return a ? a : b; };
    return { first(own.temperature, others.temperature),
             first(own.topP, others.topP),
             first(own.minP, others.minP),
             first(own.topK, others.topK),
             first(own.repetitionPenalty, others.repetitionPenalty),
             first(own.maxTokens, others.maxTokens),
             first(own.seed, others.seed) };
}

QString digitsOf(const std::optional<quint64> &seed)
{
    return seed ? QString::number(*seed) : QString();
}

} // namespace

AnswerSettingsController::AnswerSettingsController(AnswerSettingsPort &port, ChatController &chat,
                                                   QObject *parent)
    : QObject(parent)
    , m_port(port)
    , m_chat(chat)
{
    m_keepTimer.setSingleShot(true);
    m_keepTimer.setInterval(kKeepMs);
    connect(&m_keepTimer, &QTimer::timeout, this, &AnswerSettingsController::keep);
    connect(&port, &AnswerSettingsPort::loaded, this, &AnswerSettingsController::onLoaded);
    connect(&chat, &ChatController::currentChanged, this, &AnswerSettingsController::onCurrentChanged);
    show();
}

AnswerSettingsController::~AnswerSettingsController()
{
    keep();
}

bool AnswerSettingsController::hasChat() const
{
    return m_chat.currentId() != 0;
}

void AnswerSettingsController::setOfChat(bool ofChat)
{
    ofChat = ofChat && hasChat();
    if (m_ofChat == ofChat)
        return;
    keep();
    m_ofChat = ofChat;
    show();
}

QString AnswerSettingsController::seed() const
{
    return digitsOf(m_ofChat ? m_own.seed : m_ofAll.seed);
}

QString AnswerSettingsController::inheritedSeed() const
{
    return m_ofChat ? digitsOf(m_ofAll.seed) : QString();
}

void AnswerSettingsController::load()
{
    keep();
    m_looking = true;
    m_chatId = m_chat.currentId();
    m_own = {};
    m_ofChat = m_ofChat && hasChat();
    m_port.load(0);
    if (hasChat())
        m_port.load(m_chatId);
    show();
}

void AnswerSettingsController::choose(int row, int step)
{
    m_settings.choose(row, step);
    keepSoon();
}

void AnswerSettingsController::reset(int row)
{
    m_settings.reset(row);
    keepSoon();
}

void AnswerSettingsController::chooseSeed(const QString &digits)
{
    bool isNumber = false;
    const quint64 seed = digits.toULongLong(&isNumber);
    const auto chosen = isNumber ? std::optional(seed) : std::nullopt;
    if (edited().seed == chosen)
        return;
    edited().seed = chosen;
    show();
    keepSoon();
}

void AnswerSettingsController::followAllChats()
{
    if (!m_ofChat)
        return;
    m_own = {};
    show();
    keepSoon();
}

void AnswerSettingsController::keep()
{
    m_keepTimer.stop();
    if (!std::exchange(m_unkept, false))
        return;
    m_port.keep(m_ofChat ? m_chatId : 0, edited());
}

void AnswerSettingsController::keepSoon()
{
    edited() = m_settings.chosen();
    m_unkept = true;
    m_keepTimer.start();
    emit changed();
}

void AnswerSettingsController::onLoaded(qint64 conversationId, const AnswerSettingsItem &settings)
{
    if (m_unkept && m_ofChat == (conversationId != 0))
        return; // older than what was chosen here
    if (conversationId == 0)
        m_ofAll = settings;
    else if (conversationId == m_chatId)
        m_own = settings;
    show();
}

void AnswerSettingsController::onCurrentChanged()
{
    keep();
    if (m_looking)
        load();
}

void AnswerSettingsController::show()
{
    const AnswerSettingsItem defaults = m_port.defaults();
    m_settings.show(edited(), m_ofChat ? over(m_ofAll, defaults) : defaults);
    emit changed();
}

} // namespace kvasir::ui
