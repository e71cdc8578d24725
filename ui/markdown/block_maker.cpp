#include "ui/markdown/block_maker.h"

#include <QElapsedTimer>
#include <QQuickWindow>

#include <algorithm>
#include <limits>

namespace kvasir::ui {
namespace {

// Of what is out of sight, half of the time goes to other things. What is in sight is waited for.
constexpr int kStepMs = 4;
constexpr int kPauseMs = 4;
constexpr int kSeenStepMs = 16;

/// How many pixels above or below what the window shows; 0: it is seen.
double distanceOf(const QQuickItem &slot)
{
    if (!slot.window() || !slot.isVisible())
        return std::numeric_limits<double>::max();
    const double top = slot.mapToScene({ 0, 0 }).y();
    return std::max({ 0.0, -(top + slot.height()), top - slot.window()->height() });
}

} // namespace

BlockMaker::BlockMaker(QObject *parent)
    : QObject(parent)
{
    m_steps.setInterval(kPauseMs);
    connect(&m_steps, &QTimer::timeout, this, &BlockMaker::makeSome);
}

void BlockMaker::add(QQuickItem *slot)
{
    m_waiting.append(slot);
    m_steps.start();
}

void BlockMaker::makeSome()
{
    struct Waiting {
        QPointer<QQuickItem> slot;
        double distance;
    };
    QVector<Waiting> waiting;
    for (const QPointer<QQuickItem> &slot : std::as_const(m_waiting)) {
        if (slot && !slot->property("made").toBool())
            waiting.append({ slot, distanceOf(*slot) });
    }
    std::ranges::stable_sort(waiting, {}, &Waiting::distance);

    emit making();
    QElapsedTimer since;
    since.start();
    m_waiting.clear();
    for (const auto &[slot, distance] : std::as_const(waiting)) {
        if (since.elapsed() >= (distance > 0 ? kStepMs : kSeenStepMs))
            m_waiting.append(slot);
        else if (slot)
            QMetaObject::invokeMethod(slot, "make");
    }
    emit made();
    if (m_waiting.isEmpty())
        m_steps.stop();
}

} // namespace kvasir::ui
