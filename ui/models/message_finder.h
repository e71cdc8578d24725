#pragma once

#include <QObject>
#include <QPointer>
#include <QTimer>
#include <QVector>
#include <QtQml/qqmlregistration.h>

class QQuickItem;

namespace kvasir::ui {

class MessageListModel;

/// Finds text in the messages of a chat as they are read, without regard to case. Works in steps between
/// frames: a long chat is found bit by bit. Of very long answers it sees what is shown at first. GUI thread
/// only.
class MessageFinder : public QObject {
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(kvasir::ui::MessageListModel *messages READ messages WRITE setMessages NOTIFY messagesChanged)
    /// Empty: nothing is sought.
    Q_PROPERTY(QString text READ text NOTIFY textChanged)
    Q_PROPERTY(bool searching READ searching NOTIFY changed)
    Q_PROPERTY(int count READ count NOTIFY changed)
    /// The one that the person is at, from 1; 0: none.
    Q_PROPERTY(int current READ current NOTIFY changed)
    /// Where that is: in which message, block, and which one of that block; -1: nowhere.
    Q_PROPERTY(int row READ row NOTIFY changed)
    Q_PROPERTY(int block READ block NOTIFY changed)
    Q_PROPERTY(int occurrence READ occurrence NOTIFY changed)

public:
    explicit MessageFinder(QObject *parent = nullptr);

    MessageListModel *messages() const { return m_messages; }
    void setMessages(MessageListModel *messages);
    QString text() const { return m_text; }
    bool searching() const { return m_nextRow >= 0; }
    int count() const { return int(m_places.size()); }
    int current() const { return m_current + 1; }
    int row() const { return place().row; }
    int block() const { return place().block; }
    int occurrence() const { return place().occurrence; }

    /// The first one in or behind the message `fromRow` becomes the current one; where there is none, the
    /// first of all.
    Q_INVOKABLE void seek(const QString &text, int fromRow);
    /// After the last comes the first.
    Q_INVOKABLE void step(int by);
    /// Where it is in a text.
    Q_INVOKABLE QVector<int> placesIn(const QString &text) const;

signals:
    void messagesChanged();
    void textChanged();
    void changed();
    /// Another one is the current one, in this message.
    void moved(int row);
    /// The item that marks the current one is there; from a view.
    void marked(QQuickItem *mark);

private:
    struct Place {
        int row = -1;
        int block = -1;
        int occurrence = -1;
        auto operator<=>(const Place &) const = default;
    };

    Place place() const { return m_places.value(m_current); }
    void begin(const Place &from);
    void again();
    void searchSome();
    void searchRow(int row);
    void arrive();

    QPointer<MessageListModel> m_messages;
    QString m_text;
    QVector<Place> m_places; ///< in their order
    qsizetype m_current = -1; ///< of them
    Place m_from; ///< the first one there or behind it is wanted
    bool m_tells = false; ///< the person asked for it: the view goes there
    int m_nextRow = -1; ///< to be searched; -1: all were
    QTimer m_steps;
    QTimer m_pause; ///< after the messages changed
};

} // namespace kvasir::ui
