#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>
#include <QVector>

#include <functional>

class QQuickWindow;

namespace kvasir::bench {

/// Times in milliseconds, and what people ask of them.
class Samples {
public:
    void add(double ms) { m_ms.append(ms); }
    qsizetype count() const { return m_ms.size(); }
    /// 0 … 1; 0 where there is none.
    double quantile(double share) const;
    double share_below(double ms) const;

private:
    QVector<double> m_ms;
};

/// How late the event loop gets to a timer that is due, while this lives.
class LatencyMeter {
public:
    LatencyMeter();
    const Samples &samples() const { return m_samples; }

private:
    QTimer m_timer;
    QElapsedTimer m_since;
    Samples m_samples;
};

/// Runs the event loop until it is so, or for so long; whether it is.
bool wait_until(const std::function<bool()> &is_so, int timeout_ms = 60'000);

/// Does something that changes what is seen, and waits for the frame that shows it.
void frame_after(QQuickWindow &window, const std::function<void()> &change);

/// Does so as often as a display shows frames, and tells of each how long after it was due it was shown. Work
/// between frames counts where it makes the next one late.
Samples paced_frames(QQuickWindow &window, int count, int display_ms, const std::function<void()> &change);

} // namespace kvasir::bench
