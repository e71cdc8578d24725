#include "ui/scripts/script_worker.h"

#include <QDeadlineTimer>
#include <QFile>
#include <QHash>
#include <QJSEngine>
#include <QLoggingCategory>
#include <QMutex>
#include <QTimer>

#include <utility>

namespace kvasir::ui {
namespace {

constexpr int kWatchIntervalMs = 50;
// Scripts recurse; the default of threads is less than a program's own stack on some systems.
constexpr uint kStackBytes = 8U << 20;

/// The compiler has remarks on scripts that were written for others, hundreds of them.
void quietenCompiler()
{
    static const bool done = [] {
        QLoggingCategory::setFilterRules(QStringLiteral("qt.qml.compiler.warning=false"));
        return true;
    }();
    Q_UNUSED(done)
}

} // namespace

/// The thread's side. Only `endLateCall` and `endAll` may be called from another.
class ScriptRunner : public QObject {
public:
    ScriptRunner(QStringList scripts, int timeLimitMs)
        : m_scripts(std::move(scripts))
        , m_timeLimitMs(timeLimitMs)
    {
    }

    std::optional<QVariant> call(const QString &function, const QVariantList &arguments)
    {
        if (!m_engine && !load())
            return {};
        QJSValueList values;
        for (const QVariant &argument : arguments)
            values << m_engine->toScriptValue(argument);
        {
            const QMutexLocker lock(&m_mutex);
            if (m_ended)
                return {};
            m_engine->setInterrupted(false);
            m_deadline.setRemainingTime(m_timeLimitMs);
        }
        const QJSValue callee = m_engine->globalObject().property(function);
        const QJSValue result = callee.call(values);
        bool interrupted = false;
        {
            const QMutexLocker lock(&m_mutex);
            m_deadline = QDeadlineTimer(QDeadlineTimer::Forever);
            interrupted = m_engine->isInterrupted();
        }
        if (interrupted) {
            unload(); // whatever it was in the middle of
            return {};
        }
        if (!callee.isCallable() || result.isError())
            return {};
        return result.toVariant();
    }

    void endLateCall()
    {
        const QMutexLocker lock(&m_mutex);
        if (m_engine && m_deadline.hasExpired())
            m_engine->setInterrupted(true);
    }

    void endAll()
    {
        const QMutexLocker lock(&m_mutex);
        m_ended = true;
        if (m_engine)
            m_engine->setInterrupted(true);
    }

    void unload()
    {
        const QMutexLocker lock(&m_mutex);
        m_engine.reset();
    }

private:
    bool load()
    {
        auto engine = std::make_unique<QJSEngine>();
        for (const QString &script : m_scripts) {
            QFile file(script);
            if (!file.open(QIODevice::ReadOnly))
                return false;
            const QJSValue result = engine->evaluate(QString::fromUtf8(file.readAll()), script);
            if (result.isError()) {
                qWarning("%s: %s", qPrintable(script), qPrintable(result.toString()));
                return false;
            }
        }
        const QMutexLocker lock(&m_mutex);
        m_engine = std::move(engine);
        return true;
    }

    const QStringList m_scripts;
    const int m_timeLimitMs;
    QMutex m_mutex;
    // Under the mutex: others interrupt the engine.
    std::unique_ptr<QJSEngine> m_engine;
    QDeadlineTimer m_deadline { QDeadlineTimer::Forever };
    bool m_ended = false;
};

ScriptWorker::ScriptWorker(const QStringList &scripts, int timeLimitMs, QObject *parent)
    : QObject(parent)
    , m_scripts(scripts)
    , m_timeLimitMs(timeLimitMs)
    , m_watch(new QTimer(this))
{
    quietenCompiler();
    m_thread.setStackSize(kStackBytes);
    m_watch->setInterval(kWatchIntervalMs);
    connect(m_watch, &QTimer::timeout, this, [this] { m_runner->endLateCall(); });
}

ScriptWorker::~ScriptWorker()
{
    if (!m_runner)
        return;
    m_runner->endAll();
    // The engine ends on the thread that made it.
    QMetaObject::invokeMethod(m_runner.get(), [runner = m_runner.get()] {
        runner->unload();
        QThread::currentThread()->quit();
    });
    m_thread.wait();
}

void ScriptWorker::call(const QString &function, const QVariantList &arguments, Done done)
{
    if (!m_runner) {
        m_runner = std::make_unique<ScriptRunner>(m_scripts, m_timeLimitMs);
        m_runner->moveToThread(&m_thread);
        m_thread.start(QThread::LowPriority);
    }
    const quint64 call = ++m_lastCall;
    m_waiting.insert(call, std::move(done));
    m_watch->start();
    QMetaObject::invokeMethod(m_runner.get(), [this, runner = m_runner.get(), call, function, arguments] {
        const std::optional<QVariant> result = runner->call(function, arguments);
        QMetaObject::invokeMethod(
            this, [this, call, result] { finish(call, result); }, Qt::QueuedConnection);
    });
}

void ScriptWorker::finish(quint64 call, const std::optional<QVariant> &result)
{
    const Done done = m_waiting.take(call);
    if (m_waiting.isEmpty())
        m_watch->stop();
    if (done)
        done(result);
}

} // namespace kvasir::ui
