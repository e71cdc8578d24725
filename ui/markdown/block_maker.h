#pragma once

#include <QObject>
#include <QPointer>
#include <QQuickItem>
#include <QTimer>
#include <QVector>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// Makes what many blocks show, some of them at a time, so that the window never waits for all of a long
/// answer: those that are seen first, then the nearest ones. GUI thread only.
class BlockMaker : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_SINGLETON

public:
    explicit BlockMaker(QObject *parent = nullptr);

    /// Has `slot.make()` called before long; unless `slot.made` by then.
    Q_INVOKABLE void add(QQuickItem *slot);

signals:
    void making();
    void made(); ///< some of them

private:
    void makeSome();

    QVector<QPointer<QQuickItem>> m_waiting;
    QTimer m_steps;
};

} // namespace kvasir::ui
