#pragma once

#include "ui/scripts/script_worker.h"

#include <QCache>
#include <QSet>
#include <QtQml/qqmlregistration.h>

#include <memory>

namespace kvasir::ui {

/// A formula as a picture. Lengths are in ems of its own font size.
struct Typeset {
    QByteArray svg; ///< drawn in `currentColor`
    qreal width = 0;
    qreal ascent = 0; ///< above the baseline
    qreal descent = 0; ///< below it

    bool isBroken() const { return svg.isEmpty(); }
};

/// Typesets LaTeX with MathJax, on a thread of its own, and remembers what it has done. Nothing is loaded
/// before the first formula is asked for. GUI thread only.
class Typesetter : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_SINGLETON

public:
    /// How large a formula's font is, in pixels of the text around it: its letters are then as high as the
    /// text's.
    static constexpr qreal kScale = 1.15;

    explicit Typesetter(QObject *parent = nullptr);

    /// Null while it is not done: then `progressed` tells that some have been. What can't be typeset is
    /// broken.
    const Typeset *find(const QString &latex, bool display);

signals:
    void progressing();
    /// A few formulas are done, not necessarily all that wait.
    void progressed();
    /// All have heard of it: what shows them has its new size.
    void hasProgressed();

private:
    struct Formula {
        QString latex;
        bool display = false;

        bool operator==(const Formula &) const = default;
        friend size_t qHash(const Formula &formula, size_t seed = 0)
        {
            return qHashMulti(seed, formula.latex, formula.display);
        }
    };

    void next();
    void take(const Formula &formula, const std::optional<QVariant> &result);

    ScriptWorker m_worker;
    QCache<Formula, Typeset> m_done;
    QVector<Formula> m_waiting; ///< the last is the next: what was asked for last is what is looked at
    std::optional<Formula> m_underWay;
    QTimer *m_announce;
};

} // namespace kvasir::ui
