#pragma once

#include <QObject>
#include <QTimer>
#include <QVector>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

class BlockWindow;

/// Makes the blocks of long messages, and drops them again, when they come into sight and go: a few at a
/// time, so that the window never waits for a long answer. GUI thread only.
class BlockMaker : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_SINGLETON

public:
    explicit BlockMaker(QObject *parent = nullptr);

    /// From now on it is looked at.
    void add(BlockWindow *window);
    void remove(BlockWindow *window) { m_windows.removeOne(window); }
    /// What the window shows may be something else.
    Q_INVOKABLE void look();

signals:
    void making();
    void made(); ///< some of them

private:
    void makeSome();

    QVector<BlockWindow *> m_windows;
    QTimer m_steps;
};

} // namespace kvasir::ui
