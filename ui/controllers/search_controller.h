#pragma once

#include "ui/models/search_result_model.h"
#include "ui/ports/chat_list_port.h"

#include <QObject>
#include <QTimer>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// The search over all chats: asks while a person types, and shows what was found last until something newer
/// is. GUI thread only.
class SearchController : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The window is given its controller")
    Q_PROPERTY(kvasir::ui::SearchResultModel *results READ results CONSTANT)
    Q_PROPERTY(QString text READ text WRITE setText NOTIFY textChanged)
    /// There is something to search for.
    Q_PROPERTY(bool active READ active NOTIFY textChanged)
    /// What was asked for last has been looked for.
    Q_PROPERTY(bool answered READ answered NOTIFY answeredChanged)

public:
    /// `port` must live longer.
    explicit SearchController(ChatListPort &port, QObject *parent = nullptr);

    SearchResultModel *results() { return &m_results; }
    QString text() const { return m_text; }
    void setText(const QString &text);
    bool active() const { return !m_text.trimmed().isEmpty(); }
    bool answered() const { return m_answered; }

    Q_INVOKABLE void clear() { setText({}); }

signals:
    void textChanged();
    void answeredChanged();

private:
    void setAnswered(bool answered);

    ChatListPort &m_port;
    SearchResultModel m_results;
    QString m_text;
    bool m_answered = false;
    QTimer m_typing; ///< until the person pauses
};

} // namespace kvasir::ui
