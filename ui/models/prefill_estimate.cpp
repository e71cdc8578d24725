#include "ui/models/prefill_estimate.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace kvasir::ui {

void PrefillEstimate::add(int done, int total, qint64 ms)
{
    if (done < m_done || total != m_total)
        *this = {};
    m_total = total;
    if (m_lastMs >= 0 && done > m_done) {
        const double tokens = done - m_done;
        const double x = (done + m_done) / 2.0;
        const double y = double(ms - m_lastMs) / tokens;
        m_sums.weight += tokens;
        m_sums.x += tokens * x;
        m_sums.y += tokens * y;
        m_sums.xx += tokens * x * x;
        m_sums.xy += tokens * x * y;
    }
    m_done = done;
    m_lastMs = ms;
}

std::optional<qint64> PrefillEstimate::remainingMs() const
{
    if (m_sums.weight <= 0 || m_done >= m_total)
        return std::nullopt;
    const double meanX = m_sums.x / m_sums.weight;
    const double meanY = m_sums.y / m_sums.weight;
    const double spread = m_sums.xx / m_sums.weight - meanX * meanX;
    const double together = m_sums.xy / m_sums.weight - meanX * meanY;
    // Tokens never become cheaper: where the batches say so, it was other work that slowed the first ones.
    const double slope = spread > 0 ? std::max(0.0, together / spread) : 0;
    const double middleOfRest = (m_done + m_total) / 2.0;
    return std::llround((meanY + slope * (middleOfRest - meanX)) * (m_total - m_done));
}

QString remainingText(std::optional<qint64> ms)
{
    constexpr qint64 kWorthSaying = 2000;
    if (!ms || *ms < kWorthSaying)
        return {};
    const auto tr = [](const char *text) { return QCoreApplication::translate("PrefillEstimate", text); };
    const qint64 seconds = (*ms + 999) / 1000;
    if (seconds < 20)
        return tr("about %1\u00a0s left").arg(seconds);
    if (seconds < 90)
        return tr("about %1\u00a0s left").arg((seconds + 4) / 5 * 5);
    return tr("about %1\u00a0min left").arg((seconds + 59) / 60);
}

} // namespace kvasir::ui
