#pragma once

#include <QString>
#include <QtGlobal>

#include <optional>

namespace kvasir::ui {

/// How long reading a prompt is going to take, from how long its batches took so far. A token costs the more
/// the more there are before it, so a straight line is laid through the batches' times per token, and what
/// lies under its rest is the time left.
class PrefillEstimate {
public:
    /// `done` of `total` tokens at `ms` of any clock. Less done than before begins anew.
    void add(int done, int total, qint64 ms);

    /// Empty until a batch was timed, and where nothing is left.
    std::optional<qint64> remainingMs() const;

private:
    /// Sums over batches, each weighted with its tokens: x is a batch's middle, y its milliseconds per token.
    struct Sums {
        double weight = 0, x = 0, y = 0, xx = 0, xy = 0;
    };

    Sums m_sums;
    int m_done = 0;
    int m_total = 0;
    qint64 m_lastMs = -1; ///< negative: nothing was added yet
};

/// "about 12 s left"; empty for what is over in a moment.
QString remainingText(std::optional<qint64> ms);

} // namespace kvasir::ui
