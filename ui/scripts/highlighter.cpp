#include "ui/scripts/highlighter.h"

#include <algorithm>

namespace kvasir::ui {
namespace {

constexpr int kTimeLimitMs = 4000;
constexpr int kMaxDoneCharacters = 2'000'000;

/// From “begin,length,kind,begin,…”, as `highlight_spans.js` gives it.
QVector<CodeSpan> spansFrom(const QString &numbers, qsizetype codeCharacters)
{
    QVector<CodeSpan> spans;
    const QVector<QStringView> fields = QStringView(numbers).split(u',', Qt::SkipEmptyParts);
    int end = 0;
    for (qsizetype i = 0; i + 2 < fields.size(); i += 3) {
        const CodeSpan span { fields[i].toInt(), fields[i + 1].toInt(), fields[i + 2].toInt() };
        if (span.begin < end || span.length <= 0 || span.begin + span.length > codeCharacters || span.kind < 0
            || span.kind >= codeKinds().size())
            return {};
        end = span.begin + span.length;
        spans.append(span);
    }
    return spans;
}

} // namespace

const QStringList &codeKinds()
{
    static const QStringList kinds { QStringLiteral("keyword"), QStringLiteral("string"),
                                     QStringLiteral("number"),  QStringLiteral("comment"),
                                     QStringLiteral("title"),   QStringLiteral("type"),
                                     QStringLiteral("meta"),    QStringLiteral("variable"),
                                     QStringLiteral("added"),   QStringLiteral("removed") };
    return kinds;
}

Highlighter::Highlighter(QObject *parent)
    : QObject(parent)
    , m_worker({ QStringLiteral(":/kvasir/scripts/script_globals.js"),
                 QStringLiteral(":/kvasir/scripts/highlight.js"),
                 QStringLiteral(":/kvasir/scripts/highlight_spans.js") },
               kTimeLimitMs)
    , m_done(kMaxDoneCharacters)
{
}

void Highlighter::highlight(QObject *asker, const QString &language, const QString &code, Done done)
{
    if (language.isEmpty() || code.isEmpty() || code.size() > kMaxCharacters) {
        done({});
        return;
    }
    if (const QVector<CodeSpan> *spans = m_done.object({ language, code })) {
        done(*spans);
        return;
    }
    m_waiting.removeIf([asker](const Request &request) { return !request.asker || request.asker == asker; });
    m_waiting.append({ asker, language, code, std::move(done) });
    next();
}

void Highlighter::next()
{
    while (!m_underWay && !m_waiting.isEmpty()) {
        const Request request = m_waiting.takeLast();
        if (!request.asker)
            continue;
        m_underWay = true;
        m_worker.call(QStringLiteral("highlightSpans"), { request.language, request.code, codeKinds() },
                      [this, request](const std::optional<QVariant> &result) { take(request, result); });
    }
}

void Highlighter::take(const Request &request, const std::optional<QVariant> &result)
{
    m_underWay = false;
    const QVector<CodeSpan> spans =
        result ? spansFrom(result->toString(), request.code.size()) : QVector<CodeSpan> {};
    m_done.insert({ request.language, request.code }, new QVector<CodeSpan>(spans), request.code.size());
    if (request.asker)
        request.done(spans);
    next();
}

} // namespace kvasir::ui
