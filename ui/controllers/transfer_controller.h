#pragma once

#include "ui/ports/chat_list_port.h"

#include <QObject>
#include <QUrl>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// Carries chats out of the profile and into it: one transfer at a time. GUI thread only.
class TransferController : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The window is given its controller")
    Q_PROPERTY(bool busy READ busy NOTIFY changed)
    Q_PROPERTY(bool failed READ failed NOTIFY changed)
    Q_PROPERTY(bool told READ told NOTIFY changed) ///< there is something to say
    /// How far it is, or how it ended.
    Q_PROPERTY(QString sentence READ sentence NOTIFY changed)

public:
    enum Form { Markdown, Json };
    Q_ENUM(Form)

    /// `port` must live longer.
    explicit TransferController(ChatListPort &port, QObject *parent = nullptr);

    bool busy() const { return m_busy; }
    bool failed() const { return m_failed; }
    bool told() const { return m_busy || !m_sentence.isEmpty(); }
    QString sentence() const;

    /// The file among those dropped that chats can be imported from; empty: none.
    Q_INVOKABLE QString chatsAmong(const QList<QUrl> &files) const;
    Q_INVOKABLE void importFile(const QString &path);
    /// `chatId` 0: all chats.
    Q_INVOKABLE void exportTo(const QString &path, int form, qint64 chatId);
    Q_INVOKABLE void stop();
    Q_INVOKABLE void dismiss();
    /// A new file in the person's documents for a chat of that title.
    Q_INVOKABLE QString suggestedPath(const QString &title, int form) const;

signals:
    void changed();

private:
    void begin(bool importing);

    ChatListPort &m_port;
    bool m_busy = false;
    bool m_importing = false;
    bool m_failed = false;
    double m_progress = 0;
    QString m_sentence;
};

} // namespace kvasir::ui
