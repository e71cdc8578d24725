#pragma once

#include "ui/models/prefill_estimate.h"
#include "ui/ports/chat_port.h"

#include <QAbstractListModel>
#include <QElapsedTimer>
#include <QtQml/qqmlregistration.h>

#include <memory>
#include <optional>
#include <vector>

namespace kvasir::ui {

class MarkdownBlockModel;

/// The messages of the open chat, oldest first. A message's text is a model of its own (`blocks`), and so is
/// an answer's reasoning, made when a view first asks for it, so that a long chat costs what is looked at.
/// GUI thread only.
class MessageListModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The chat controller owns the messages")

public:
    enum Role {
        IdRole = Qt::UserRole + 1,
        IsUserRole,
        StatusRole,
        TextRole,
        BlocksRole,
        ErrorRole,
        ModelNameRole,
        UsageTextRole,
        DiskFractionRole, ///< of the prompt's tokens, 0 … 1
        HitFractionRole,
        PrefillDoneRole,
        PrefillTotalRole,
        BeginsContextRole,
        ContextSummaryRole,
        EditedTextRole, ///< when the person edited it; empty: they did not
        PrefillRemainingTextRole, ///< empty: not known, or not worth saying
        ReasoningTextRole, ///< the line above the answer; empty: the model did not think
        ReasoningBlocksRole,
        ReasoningOpenRole,
        IsThinkingRole,
        IsSilentRole, ///< the model ended it without a word, though it had thought
        AlternativeRole, ///< which of the alternatives is shown, from 1; and how many there are
        AlternativesRole,
    };
    /// In the order of `MessageStatus`.
    enum Status { Complete, Waiting, Streaming, Stopped, Length, Failed, Interrupted };
    Q_ENUM(Status)

    explicit MessageListModel(QObject *parent = nullptr);
    ~MessageListModel() override;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    void reset(const QVector<MessageItem> &messages);
    /// A message that is already there is replaced.
    void add(const MessageItem &message);
    void change(const MessageItem &message);
    /// The message `parentId` is followed by these; 0: the chat begins with them. What stands before stays.
    void replaceBehind(qint64 parentId, const QVector<MessageItem> &messages);
    void grow(qint64 id, const QString &addedText);
    void growReasoning(qint64 id, const QString &addedText, int tokens, double ms);
    /// Whether the reasoning is unfolded: folded until the person opens it.
    void setReasoningOpen(qint64 id, bool open);
    void setPrefill(qint64 id, int done, int total);

    /// `row`: of one that is there.
    const MessageItem &at(int row) const { return m_rows[size_t(row)].item; }
    /// Nothing where there is none with this id, or no message at all.
    std::optional<MessageItem> find(qint64 id) const;
    std::optional<MessageItem> last() const;
    /// The last one of the person's.
    std::optional<MessageItem> lastOfPerson() const;
    /// The whole text of a message; empty if there is none with this id.
    Q_INVOKABLE QString textOf(qint64 id) const;
    Q_INVOKABLE int rowOf(qint64 id) const; ///< -1: none

private:
    struct Row {
        MessageItem item;
        int prefillDone = 0;
        int prefillTotal = 0;
        PrefillEstimate prefillEstimate;
        std::unique_ptr<MarkdownBlockModel> blocks;
        std::unique_ptr<MarkdownBlockModel> reasoningBlocks;
        bool reasoningOpen = false;
    };

    void replace(int row, const MessageItem &message);
    static void discardBlocks(Row &row);
    void emitChanged(int row, const QVector<int> &roles);

    QElapsedTimer m_clock;
    mutable std::vector<Row> m_rows; // mutable: `data` makes blocks on demand
};

} // namespace kvasir::ui
