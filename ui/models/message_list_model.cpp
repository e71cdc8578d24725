#include "ui/models/message_list_model.h"

#include "ui/models/markdown_block_model.h"
#include "ui/models/reasoning_text.h"
#include "ui/models/usage_text.h"

#include <QLocale>
#include <QQmlEngine>

#include <algorithm>
#include <iterator>
#include <utility>

namespace kvasir::ui {

static_assert(int(MessageStatus::Complete) == MessageListModel::Complete);
static_assert(int(MessageStatus::Interrupted) == MessageListModel::Interrupted);

namespace {

double fraction(int part, int whole)
{
    return whole > 0 ? std::clamp(double(part) / whole, 0.0, 1.0) : 0.0;
}

void setText(MarkdownBlockModel &blocks, const QString &text, MessageRole role)
{
    if (role == MessageRole::User)
        blocks.setPlainText(text);
    else
        blocks.setText(text);
}

QString editedText(const QDateTime &editedAt)
{
    if (!editedAt.isValid())
        return {};
    return MessageListModel::tr("Edited on %1").arg(QLocale().toString(editedAt, QLocale::ShortFormat));
}

/// Makes the blocks when they are first asked for.
QVariant blocksOf(std::unique_ptr<MarkdownBlockModel> &blocks, const QString &text, MessageRole role)
{
    if (!blocks) {
        blocks = std::make_unique<MarkdownBlockModel>();
        QQmlEngine::setObjectOwnership(blocks.get(), QQmlEngine::CppOwnership);
        setText(*blocks, text, role);
    }
    return QVariant::fromValue<QObject *>(blocks.get());
}

} // namespace

MessageListModel::MessageListModel(QObject *parent)
    : QAbstractListModel(parent)
{
    m_clock.start();
}

MessageListModel::~MessageListModel() = default;

int MessageListModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

QVariant MessageListModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    Row &row = m_rows[size_t(index.row())];
    const MessageItem &item = row.item;
    switch (role) {
    case IdRole:
        return item.id;
    case IsUserRole:
        return item.role == MessageRole::User;
    case StatusRole:
        return int(item.status);
    case Qt::DisplayRole:
    case TextRole:
        return item.text;
    case BlocksRole:
        return blocksOf(row.blocks, item.text, item.role);
    case ErrorRole:
        return item.error;
    case ModelNameRole:
        return item.model;
    case UsageTextRole:
        return usageText(item.usage);
    case DiskFractionRole:
        return item.usage.valid ? fraction(item.usage.diskTokens, item.usage.promptTokens) : 0.0;
    case HitFractionRole:
        return item.usage.valid ? fraction(item.usage.hitTokens, item.usage.promptTokens) : 0.0;
    case PrefillDoneRole:
        return row.prefillDone;
    case PrefillTotalRole:
        return row.prefillTotal;
    case BeginsContextRole:
        return row.item.beginsContext;
    case ContextSummaryRole:
        return row.item.contextSummary;
    case EditedTextRole:
        return editedText(item.editedAt);
    case PrefillRemainingTextRole:
        return remainingText(row.prefillEstimate.remainingMs());
    case ReasoningTextRole:
        return reasoningText(item);
    case ReasoningBlocksRole:
        if (!row.reasoningOpen)
            return QVariant::fromValue<QObject *>(nullptr);
        return blocksOf(row.reasoningBlocks, item.reasoning, item.role);
    case ReasoningOpenRole:
        return row.reasoningOpen;
    case IsThinkingRole:
        return isThinking(item);
    case IsSilentRole:
        return item.status == MessageStatus::Complete && item.text.isEmpty() && !item.reasoning.isEmpty();
    case AlternativeRole:
        return item.alternative + 1;
    case AlternativesRole:
        return item.alternatives;
    default:
        return {};
    }
}

QHash<int, QByteArray> MessageListModel::roleNames() const
{
    return {
        { IdRole, "messageId" },
        { IsUserRole, "isUser" },
        { StatusRole, "status" },
        { TextRole, "text" },
        { BlocksRole, "blocks" },
        { ErrorRole, "error" },
        { ModelNameRole, "modelName" },
        { UsageTextRole, "usageText" },
        { DiskFractionRole, "diskFraction" },
        { HitFractionRole, "hitFraction" },
        { PrefillDoneRole, "prefillDone" },
        { PrefillTotalRole, "prefillTotal" },
        { BeginsContextRole, "beginsContext" },
        { ContextSummaryRole, "contextSummary" },
        { EditedTextRole, "editedText" },
        { PrefillRemainingTextRole, "prefillRemainingText" },
        { ReasoningTextRole, "reasoningText" },
        { ReasoningBlocksRole, "reasoningBlocks" },
        { ReasoningOpenRole, "reasoningOpen" },
        { IsThinkingRole, "isThinking" },
        { IsSilentRole, "isSilent" },
        { AlternativeRole, "alternative" },
        { AlternativesRole, "alternatives" },
    };
}

void MessageListModel::reset(const QVector<MessageItem> &messages)
{
    // The old blocks outlive the reset: delegates let go of them only when they are told of it.
    std::vector<Row> old;
    beginResetModel();
    old.swap(m_rows);
    m_rows.reserve(size_t(messages.size()));
    for (const MessageItem &item : messages)
        m_rows.emplace_back().item = item;
    endResetModel();
    for (Row &row : old)
        discardBlocks(row);
}

void MessageListModel::discardBlocks(Row &row)
{
    for (auto *blocks : { row.blocks.release(), row.reasoningBlocks.release() }) {
        if (blocks)
            blocks->deleteLater();
    }
}

void MessageListModel::add(const MessageItem &message)
{
    if (rowOf(message.id) >= 0) {
        change(message);
        return;
    }
    const int row = int(m_rows.size());
    beginInsertRows({}, row, row);
    m_rows.emplace_back().item = message;
    endInsertRows();
}

void MessageListModel::change(const MessageItem &message)
{
    const int row = rowOf(message.id);
    if (row < 0)
        return;
    Row &changed = m_rows[size_t(row)];
    changed.item = message;
    if (changed.blocks)
        setText(*changed.blocks, message.text, message.role);
    if (changed.reasoningBlocks)
        changed.reasoningBlocks->setText(message.reasoning);
    emitChanged(row, {});
}

void MessageListModel::replaceBehind(qint64 parentId, const QVector<MessageItem> &messages)
{
    const int parent = parentId == 0 ? -1 : rowOf(parentId);
    if (parentId != 0 && parent < 0)
        return; // of a branch that is not here yet
    const int first = parent + 1;
    const int old = rowCount() - first;
    const int count = int(messages.size());
    // Rows that stay are changed rather than made anew: who is at one of them stays there.
    for (int i = 0; i < std::min(old, count); ++i)
        replace(first + i, messages[i]);
    if (count < old) {
        beginRemoveRows({}, first + count, first + old - 1);
        std::vector<Row> removed(std::make_move_iterator(m_rows.begin() + first + count),
                                 std::make_move_iterator(m_rows.end()));
        m_rows.resize(size_t(first + count));
        endRemoveRows();
        for (Row &row : removed)
            discardBlocks(row);
    } else if (count > old) {
        beginInsertRows({}, first + old, first + count - 1);
        for (int i = old; i < count; ++i)
            m_rows.emplace_back().item = messages[i];
        endInsertRows();
    }
}

void MessageListModel::replace(int row, const MessageItem &message)
{
    if (m_rows[size_t(row)].item.id == message.id) {
        change(message);
        return;
    }
    Row old = std::exchange(m_rows[size_t(row)], Row());
    m_rows[size_t(row)].item = message;
    emitChanged(row, {});
    discardBlocks(old);
}

void MessageListModel::grow(qint64 id, const QString &addedText)
{
    const int row = rowOf(id);
    if (row < 0 || addedText.isEmpty())
        return;
    Row &grown = m_rows[size_t(row)];
    const bool wasThinking = isThinking(grown.item);
    grown.item.text += addedText;
    if (grown.blocks)
        grown.blocks->append(addedText);
    // `text` is not announced here: a view shows the blocks, and reads the text only when asked to copy it.
    if (grown.item.status == MessageStatus::Waiting) {
        grown.item.status = MessageStatus::Streaming;
        emitChanged(row, { StatusRole });
    }
    if (wasThinking)
        emitChanged(row, { IsThinkingRole, ReasoningTextRole });
}

void MessageListModel::growReasoning(qint64 id, const QString &addedText, int tokens, double ms)
{
    const int row = rowOf(id);
    if (row < 0)
        return;
    Row &grown = m_rows[size_t(row)];
    const QString line = reasoningText(grown.item);
    grown.item.reasoning += addedText;
    grown.item.reasoningTokens = tokens;
    grown.item.reasoningMs = ms;
    if (grown.reasoningBlocks)
        grown.reasoningBlocks->append(addedText);
    if (grown.item.status == MessageStatus::Waiting) {
        grown.item.status = MessageStatus::Streaming;
        emitChanged(row, { StatusRole, IsThinkingRole, ReasoningTextRole });
    } else if (line != reasoningText(grown.item)) {
        emitChanged(row, { IsThinkingRole, ReasoningTextRole });
    }
}

void MessageListModel::setReasoningOpen(qint64 id, bool open)
{
    const int row = rowOf(id);
    if (row < 0 || m_rows[size_t(row)].reasoningOpen == open)
        return;
    m_rows[size_t(row)].reasoningOpen = open;
    emitChanged(row, { ReasoningOpenRole, ReasoningBlocksRole });
}

void MessageListModel::setPrefill(qint64 id, int done, int total)
{
    const int row = rowOf(id);
    if (row < 0)
        return;
    m_rows[size_t(row)].prefillDone = done;
    m_rows[size_t(row)].prefillTotal = total;
    m_rows[size_t(row)].prefillEstimate.add(done, total, m_clock.elapsed());
    emitChanged(row, { PrefillDoneRole, PrefillTotalRole, PrefillRemainingTextRole });
}

std::optional<MessageItem> MessageListModel::find(qint64 id) const
{
    const int row = rowOf(id);
    return row < 0 ? std::nullopt : std::optional(m_rows[size_t(row)].item);
}

std::optional<MessageItem> MessageListModel::last() const
{
    return m_rows.empty() ? std::nullopt : std::optional(m_rows.back().item);
}

std::optional<MessageItem> MessageListModel::lastOfPerson() const
{
    const auto found = std::find_if(m_rows.rbegin(), m_rows.rend(),
                                    [](const Row &row) { return row.item.role == MessageRole::User; });
    return found == m_rows.rend() ? std::nullopt : std::optional(found->item);
}

QString MessageListModel::textOf(qint64 id) const
{
    const int row = rowOf(id);
    return row < 0 ? QString() : m_rows[size_t(row)].item.text;
}

int MessageListModel::rowOf(qint64 id) const
{
    const auto found =
        std::find_if(m_rows.rbegin(), m_rows.rend(), [id](const Row &row) { return row.item.id == id; });
    return found == m_rows.rend() ? -1 : int(m_rows.rend() - found) - 1;
}

void MessageListModel::emitChanged(int row, const QVector<int> &roles)
{
    emit dataChanged(index(row), index(row), roles);
}

} // namespace kvasir::ui
