#include "tests/ui/bench/meters.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QQuickWindow>
#include <QThread>

#include <algorithm>

namespace kvasir::bench {
namespace {

constexpr int kTickMs = 5;
constexpr int kFrameTimeoutMs = 10'000;

} // namespace

double Samples::quantile(double share) const
{
    if (m_ms.isEmpty())
        return 0;
    QVector<double> sorted = m_ms;
    std::sort(sorted.begin(), sorted.end());
    return sorted[std::min(sorted.size() - 1, qsizetype(share * double(sorted.size())))];
}

double Samples::share_below(double ms) const
{
    if (m_ms.isEmpty())
        return 0;
    const auto below = std::count_if(m_ms.begin(), m_ms.end(), [ms](double sample) { return sample < ms; });
    return double(below) / double(m_ms.size());
}

LatencyMeter::LatencyMeter()
{
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(kTickMs);
    QObject::connect(&m_timer, &QTimer::timeout, [this] {
        m_samples.add(std::max(0.0, double(m_since.nsecsElapsed()) / 1e6 - kTickMs));
        m_since.restart();
    });
    m_since.start();
    m_timer.start();
}

bool wait_until(const std::function<bool()> &is_so, int timeout_ms)
{
    QElapsedTimer since;
    since.start();
    while (!is_so()) {
        if (since.elapsed() > timeout_ms)
            return false;
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
        QThread::usleep(200); // other threads work for us
    }
    return true;
}

double frame_after(QQuickWindow &window, const std::function<void()> &change)
{
    QEventLoop loop;
    QObject::connect(&window, &QQuickWindow::frameSwapped, &loop, &QEventLoop::quit);
    QTimer::singleShot(kFrameTimeoutMs, &loop, &QEventLoop::quit);
    QElapsedTimer since;
    since.start();
    change();
    window.update();
    loop.exec();
    return double(since.nsecsElapsed()) / 1e6;
}

} // namespace kvasir::bench
