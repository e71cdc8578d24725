#include "ui/controllers/search_controller.h"

namespace kvasir::ui {
namespace {

/// Short enough to seem immediate, long enough that a word typed quickly is one search.
constexpr int kTypingPauseMs = 80;

} // namespace

SearchController::SearchController(ChatListPort &port, QObject *parent)
    : QObject(parent)
    , m_port(port)
{
    m_typing.setSingleShot(true);
    m_typing.setInterval(kTypingPauseMs);
    connect(&m_typing, &QTimer::timeout, this, [this] { m_port.search(m_text); });
    connect(&port, &ChatListPort::profileChanged, this, &SearchController::clear);
    connect(&port, &ChatListPort::found, this,
            [this](const QString &text, const QVector<FoundConversationItem> &conversations) {
                if (text != m_text)
                    return;
                m_results.reset(conversations);
                setAnswered(true);
            });
}

void SearchController::setText(const QString &text)
{
    if (text == m_text)
        return;
    m_text = text;
    setAnswered(false);
    if (active()) {
        m_typing.start();
    } else {
        m_typing.stop();
        m_results.reset({});
    }
    emit textChanged();
}

void SearchController::setAnswered(bool answered)
{
    if (m_answered == answered)
        return;
    m_answered = answered;
    emit answeredChanged();
}

} // namespace kvasir::ui
