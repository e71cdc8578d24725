#include "ui/scripts/typesetter.h"

#include <QTimer>

#include <cmath>

namespace kvasir::ui {
namespace {

constexpr int kTimeLimitMs = 3000;
constexpr int kMaxDone = 4000;
constexpr int kMaxWaiting = 500;
constexpr qsizetype kMaxLatexCharacters = 4000;
constexpr qsizetype kMaxSvgCharacters = 2'000'000;
// Wider or higher is no formula that a person reads, in ems.
constexpr qreal kMaxExtent = 400;
// Texts are laid out again at most this often while many formulas arrive.
constexpr int kAnnounceMs = 60;

std::unique_ptr<Typeset> typesetFrom(const std::optional<QVariant> &result)
{
    auto typeset = std::make_unique<Typeset>();
    if (!result)
        return typeset;
    const QVariantMap map = result->toMap();
    const QString svg = map.value(QStringLiteral("svg")).toString();
    const qreal width = map.value(QStringLiteral("width")).toDouble();
    const qreal ascent = map.value(QStringLiteral("ascent")).toDouble();
    const qreal descent = map.value(QStringLiteral("descent")).toDouble();
    const bool sane = width > 0 && width < kMaxExtent && std::abs(ascent) < kMaxExtent
        && std::abs(descent) < kMaxExtent && ascent + descent > 0 && svg.size() < kMaxSvgCharacters;
    if (sane)
        *typeset = { svg.toUtf8(), width, ascent, descent };
    return typeset;
}

} // namespace

Typesetter::Typesetter(QObject *parent)
    : QObject(parent)
    , m_worker({ QStringLiteral(":/kvasir/scripts/mathjax/mathjax.js"),
                 QStringLiteral(":/kvasir/scripts/typeset.js") },
               kTimeLimitMs)
    , m_done(kMaxDone)
    , m_announce(new QTimer(this))
{
    m_announce->setSingleShot(true);
    m_announce->setInterval(kAnnounceMs);
    for (const auto signal :
         { &Typesetter::progressing, &Typesetter::progressed, &Typesetter::hasProgressed })
        connect(m_announce, &QTimer::timeout, this, signal);
}

const Typeset *Typesetter::find(const QString &latex, bool display)
{
    const Formula formula { latex, display };
    if (const Typeset *done = m_done.object(formula))
        return done;
    if (latex.size() > kMaxLatexCharacters) {
        m_done.insert(formula, new Typeset);
        return m_done.object(formula);
    }
    if (m_underWay != formula) {
        m_waiting.removeOne(formula);
        m_waiting.append(formula);
        if (m_waiting.size() > kMaxWaiting)
            m_waiting.removeFirst();
    }
    next();
    return nullptr;
}

void Typesetter::next()
{
    if (m_underWay || m_waiting.isEmpty())
        return;
    m_underWay = m_waiting.takeLast();
    m_worker.call(
        QStringLiteral("typeset"), { m_underWay->latex, m_underWay->display },
        [this](const std::optional<QVariant> &result) { take(*std::exchange(m_underWay, {}), result); });
}

void Typesetter::take(const Formula &formula, const std::optional<QVariant> &result)
{
    m_done.insert(formula, typesetFrom(result).release());
    if (!m_announce->isActive())
        m_announce->start();
    next();
}

} // namespace kvasir::ui
