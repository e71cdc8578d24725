#include "ui/models/block_maker.h"

#include "ui/models/block_window.h"

#include <QElapsedTimer>

#include <algorithm>

namespace kvasir::ui {
namespace {

// Of what is out of sight, half of the time goes to other things. What is in sight is waited for.
constexpr int kStepMs = 4;
constexpr int kPauseMs = 4;
constexpr int kSeenStepMs = 16;

} // namespace

BlockMaker::BlockMaker(QObject *parent)
    : QObject(parent)
{
    m_steps.setInterval(kPauseMs);
    connect(&m_steps, &QTimer::timeout, this, &BlockMaker::makeSome);
}

void BlockMaker::add(BlockWindow *window)
{
    if (!m_windows.contains(window))
        m_windows.append(window);
    look();
}

void BlockMaker::look()
{
    if (!m_windows.isEmpty() && !m_steps.isActive())
        m_steps.start();
}

void BlockMaker::makeSome()
{
    QVector<BlockWindow *> unsettled = m_windows;
    unsettled.removeIf([](const BlockWindow *window) { return window->isSettled(); });
    if (unsettled.isEmpty()) {
        m_steps.stop();
        return;
    }
    std::ranges::stable_partition(unsettled, &BlockWindow::hasHole);

    emit making();
    QElapsedTimer since;
    since.start();
    for (BlockWindow *window : std::as_const(unsettled)) {
        while (since.elapsed() < (window->hasHole() ? kSeenStepMs : kStepMs) && window->step()) { }
    }
    emit made();
}

} // namespace kvasir::ui
