#include "tests/ui/bench/meters.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QQuickWindow>
#include <QThread>

#include <algorithm>
#include <cmath>

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
    const auto rank = qsizetype(std::ceil(share * double(sorted.size())));
    return sorted[std::max<qsizetype>(rank, 1) - 1];
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

void frame_after(QQuickWindow &window, const std::function<void()> &change)
{
    QEventLoop loop;
    QObject::connect(&window, &QQuickWindow::frameSwapped, &loop, &QEventLoop::quit);
    QTimer::singleShot(kFrameTimeoutMs, &loop, &QEventLoop::quit);
    change();
    window.update();
    loop.exec();
}

Samples paced_frames(QQuickWindow &window, int count, int display_ms, const std::function<void()> &change)
{
    Samples samples;
    QElapsedTimer clock;
    clock.start();
    const auto now = [&clock] { return double(clock.nsecsElapsed()) / 1e6; };
    double due = 0;
    double shown = 0;
    QObject context;
    QObject::connect(&window, &QQuickWindow::frameSwapped, &context, [&] { shown = now(); });
    for (int frame = 0; frame < count; ++frame) {
        wait_until([&] { return now() >= due; });
        frame_after(window, change);
        samples.add(shown - due);
        due = std::max(due + display_ms, shown); // frames that a display has missed it does not want any more
    }
    return samples;
}

} // namespace kvasir::bench
