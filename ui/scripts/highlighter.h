#pragma once

#include "ui/scripts/script_worker.h"

#include <QCache>
#include <QPointer>
#include <QtQml/qqmlregistration.h>

#include <functional>

namespace kvasir::ui {

/// A stretch of code that is of one kind.
struct CodeSpan {
    int begin = 0; ///< in UTF-16 units
    int length = 0;
    int kind = 0; ///< index into `codeKinds`

    bool operator==(const CodeSpan &) const = default;
};

/// The names of the kinds of code that have looks of their own.
const QStringList &codeKinds();

/// Finds the kinds of code with highlight.js, on a thread of its own, and remembers what it has found.
/// Nothing is loaded before it is first asked. GUI thread only.
class Highlighter : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_SINGLETON

public:
    /// Longer code is not highlighted.
    static constexpr qsizetype kMaxCharacters = 64 * 1024;
    using Done = std::function<void(const QVector<CodeSpan> &spans)>;

    explicit Highlighter(QObject *parent = nullptr);

    /// `done` gets the spans in order, none overlapping another: none at all where the language is unknown or
    /// it takes too long. One request of each asker waits: a newer one takes its place. None is answered
    /// after its asker has gone.
    void highlight(QObject *asker, const QString &language, const QString &code, Done done);

private:
    struct Request {
        QPointer<QObject> asker;
        QString language;
        QString code;
        Done done;
    };
    using Key = std::pair<QString, QString>; // language, code

    void next();
    void take(const Request &request, const std::optional<QVariant> &result);

    ScriptWorker m_worker;
    QCache<Key, QVector<CodeSpan>> m_done; ///< costs are characters
    QVector<Request> m_waiting; ///< the last is the next: what was asked for last is what is looked at
    bool m_underWay = false;
};

} // namespace kvasir::ui
