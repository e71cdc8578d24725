#pragma once

#include <QObject>
#include <QPointer>
#include <QTimer>
#include <QVector>
#include <QtQml/qqmlregistration.h>

class QQuickItem;

namespace kvasir::ui {

class MessageListModel;

/// Finds text in the messages of a chat as they are read, without regard to case: in all of them, also in
/// what is folded or not shown yet, which is shown once it is gone to. Works in steps between frames: a long
/// chat is found bit by bit. GUI thread only.
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
    /// Where that is: in which message, in its reasoning or its text, in which block, and which one of that
    /// block; -1: nowhere.
    Q_PROPERTY(int row READ row NOTIFY changed)
    Q_PROPERTY(bool inReasoning READ inReasoning NOTIFY changed)
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
    bool inReasoning() const { return place().part == Reasoning; }
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
    enum Part { Reasoning, Text }; ///< in the order in which they are read
    struct Place {
        int row = -1;
        Part part = Reasoning;
        int block = -1;
        int occurrence = -1;
        auto operator<=>(const Place &) const = default;
    };

    Place place() const { return m_places.value(m_current); }
    void begin(const Place &from);
    void again();
    void searchSome();
    void searchRow(int row);
    /// A message's text or reasoning, as blocks.
    void searchPart(int row, Part part, const QString &text, bool isMarkdown);
    void arrive();
    void goThere();

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
