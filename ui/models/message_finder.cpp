#include "ui/models/message_finder.h"

#include "ui/markdown/block_text.h"
#include "ui/models/markdown_block_model.h"
#include "ui/models/message_list_model.h"

#include <QElapsedTimer>

#include <algorithm>

namespace kvasir::ui {
namespace {

constexpr int kStepMs = 6; // leaves most of a frame to others
constexpr int kPauseMs = 200; // an answer that grows changes many times a second

} // namespace

MessageFinder::MessageFinder(QObject *parent)
    : QObject(parent)
{
    m_steps.setInterval(0);
    connect(&m_steps, &QTimer::timeout, this, &MessageFinder::searchSome);
    m_pause.setSingleShot(true);
    m_pause.setInterval(kPauseMs);
    connect(&m_pause, &QTimer::timeout, this, &MessageFinder::again);
}

void MessageFinder::setMessages(MessageListModel *messages)
{
    if (m_messages == messages)
        return;
    if (m_messages)
        m_messages->disconnect(this);
    m_messages = messages;
    if (messages) {
        const auto soon = [this] {
            if (!m_text.isEmpty())
                m_pause.start();
        };
        connect(messages, &QAbstractItemModel::modelReset, this, soon);
        connect(messages, &QAbstractItemModel::rowsInserted, this, soon);
        connect(messages, &QAbstractItemModel::rowsRemoved, this, soon);
        connect(messages, &QAbstractItemModel::dataChanged, this,
                [soon](const QModelIndex &, const QModelIndex &, const QVector<int> &roles) {
                    if (roles.isEmpty()) // otherwise no text has changed
                        soon();
                });
    }
    emit messagesChanged();
    again();
}

void MessageFinder::seek(const QString &text, int fromRow)
{
    m_tells = true;
    if (m_text != text) {
        m_text = text;
        emit textChanged();
    }
    begin({ fromRow, Reasoning, 0, 0 });
}

void MessageFinder::step(int by)
{
    if (m_places.isEmpty())
        return;
    const qsizetype count = m_places.size();
    m_current = (std::max<qsizetype>(m_current, 0) + by % count + count) % count;
    m_from = place();
    goThere();
}

QVector<int> MessageFinder::placesIn(const QString &text) const
{
    QVector<int> places;
    if (m_text.isEmpty())
        return places;
    for (qsizetype at = text.indexOf(m_text, 0, Qt::CaseInsensitive); at >= 0;
         at = text.indexOf(m_text, at + m_text.size(), Qt::CaseInsensitive))
        places << int(at);
    return places;
}

/// The messages are others, and the person stays where they are.
void MessageFinder::again()
{
    m_tells = false;
    begin(m_current >= 0 ? place() : m_from);
}

void MessageFinder::begin(const Place &from)
{
    m_from = from;
    m_places.clear();
    m_current = -1;
    m_nextRow = m_messages && !m_text.isEmpty() && m_messages->rowCount() > 0 ? 0 : -1;
    if (searching())
        m_steps.start();
    else
        m_steps.stop();
    emit changed();
}

void MessageFinder::searchSome()
{
    QElapsedTimer since;
    since.start();
    while (m_messages && m_nextRow < m_messages->rowCount() && since.elapsed() < kStepMs)
        searchRow(m_nextRow++);
    if (!m_messages || m_nextRow >= m_messages->rowCount()) {
        m_nextRow = -1;
        m_steps.stop();
    }
    arrive();
}

void MessageFinder::searchRow(int row)
{
    const MessageItem &message = m_messages->at(row);
    searchPart(row, Reasoning, message.reasoning, true);
    searchPart(row, Text, message.text, message.role == MessageRole::Assistant);
}

void MessageFinder::searchPart(int row, Part part, const QString &text, bool isMarkdown)
{
    if (!text.contains(m_text, Qt::CaseInsensitive))
        return; // making its blocks costs more
    MarkdownBlockModel model;
    if (isMarkdown)
        model.setText(text);
    else
        model.setPlainText(text);
    const QVector<MarkdownBlock> &blocks = model.blocks();
    for (int block = 0; block < blocks.size(); ++block) {
        const int count = int(placesIn(shownText(blocks[block])).size());
        for (int occurrence = 0; occurrence < count; ++occurrence)
            m_places << Place { row, part, block, occurrence };
    }
}

/// At what is sought, once it was found or there is nothing more to find.
void MessageFinder::arrive()
{
    const bool had = m_current >= 0;
    if (!had) {
        const auto found = std::lower_bound(m_places.cbegin(), m_places.cend(), m_from);
        if (found != m_places.cend())
            m_current = found - m_places.cbegin();
        else if (!searching() && !m_places.isEmpty())
            m_current = 0;
    }
    if (!had && m_current >= 0 && m_tells)
        goThere();
    else
        emit changed();
}

void MessageFinder::goThere()
{
    if (m_messages && inReasoning() && row() < m_messages->rowCount())
        m_messages->setReasoningOpen(m_messages->at(row()).id, true);
    emit changed();
    emit moved(row());
}

} // namespace kvasir::ui
