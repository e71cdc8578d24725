#pragma once

#include <QObject>
#include <QStringList>
#include <QThread>
#include <QVariant>

#include <functional>
#include <memory>
#include <optional>

class QTimer;

namespace kvasir::ui {

class ScriptRunner;

/// Calls JavaScript functions on a thread of its own, one after another. The scripts are loaded by the first
/// call; before it there is no thread and no engine. They reach nothing but their arguments: no file, no
/// network, no object of the window. A call that takes longer than the limit is ended, and the scripts are
/// loaded anew for the next. To be used from one thread.
class ScriptWorker : public QObject {
    Q_OBJECT

public:
    using Done = std::function<void(const std::optional<QVariant> &result)>;

    /// `scripts` are resources, evaluated in this order.
    ScriptWorker(const QStringList &scripts, int timeLimitMs, QObject *parent = nullptr);
    /// Ends the call under way; calls that wait are dropped, without `done`.
    ~ScriptWorker() override;

    /// Calls a global function with strings, numbers and booleans. `done` gets what it returns, on the
    /// caller's thread, or nothing where it threw or was ended.
    void call(const QString &function, const QVariantList &arguments, Done done);

private:
    void finish(quint64 call, const std::optional<QVariant> &result);

    const QStringList m_scripts;
    const int m_timeLimitMs;
    QThread m_thread;
    std::unique_ptr<ScriptRunner> m_runner; ///< lives on the thread
    QTimer *m_watch; ///< runs while calls are out
    QHash<quint64, Done> m_waiting;
    quint64 m_lastCall = 0;
};

} // namespace kvasir::ui
