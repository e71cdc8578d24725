#include "ui/markdown/code_document.h"

#include <QElapsedTimer>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocument>
#include <QTextLayout>

#include <algorithm>
#include <limits>

namespace kvasir::ui {
namespace {

// What an item of text shows without a stutter. No program in a chat is longer; data may be.
constexpr qsizetype kFirstCharacters = 100'000;
constexpr qsizetype kMoreCharacters = 100'000;
constexpr qsizetype kMaxCharacters = 1'000'000;
// Between two requests for a text that grows, and at least as many times what the last one took.
constexpr int kPauseMs = 120;
constexpr int kPauseFactor = 4;

/// The length of the beginning to show: whole lines where lines are short.
qsizetype shownLength(const QString &code, qsizetype limit)
{
    if (code.size() <= limit)
        return code.size();
    const qsizetype newline = code.lastIndexOf(u'\n', limit);
    if (newline > limit / 2)
        return newline;
    return code[limit - 1].isHighSurrogate() ? limit - 1 : limit;
}

/// What of the spans, which are in order, is on a line.
QVector<QTextLayout::FormatRange> formatsOf(const QTextBlock &line, const QVector<CodeSpan> &spans,
                                            const QVector<QTextCharFormat> &formats)
{
    QVector<QTextLayout::FormatRange> ranges;
    const int begin = line.position();
    const int end = begin + line.length() - 1;
    const auto endsBefore = [](const CodeSpan &span, int position) {
        return span.begin + span.length <= position;
    };
    for (auto span = std::lower_bound(spans.begin(), spans.end(), begin, endsBefore);
         span != spans.end() && span->begin < end; ++span) {
        const int from = std::max(span->begin, begin);
        const int to = std::min(span->begin + span->length, end);
        ranges.append({ from - begin, to - from, formats.value(span->kind) });
    }
    return ranges;
}

} // namespace

CodeDocument::CodeDocument(QObject *parent)
    : QObject(parent)
    , m_limit(kFirstCharacters)
{
    m_pause.setSingleShot(true);
    connect(&m_pause, &QTimer::timeout, this, &CodeDocument::askForSpans);
}

void CodeDocument::componentComplete()
{
    m_complete = true;
    show();
}

void CodeDocument::setDocument(QQuickTextDocument *document)
{
    if (m_document == document)
        return;
    m_document = document;
    m_shown.clear();
    emit documentChanged();
    show();
}

void CodeDocument::setCode(const QString &code)
{
    if (m_code == code)
        return;
    if (!code.startsWith(m_code))
        m_limit = kFirstCharacters;
    m_code = code;
    emit codeChanged();
    show();
}

void CodeDocument::setLanguage(const QString &language)
{
    if (m_language == language)
        return;
    m_language = language;
    m_askedFor.clear();
    emit languageChanged();
    askForSpans();
}

void CodeDocument::setHighlighter(Highlighter *highlighter)
{
    if (m_highlighter == highlighter)
        return;
    m_highlighter = highlighter;
    emit highlighterChanged();
    askForSpans();
}

void CodeDocument::setColors(const QVariantMap &colors)
{
    if (m_colors == colors)
        return;
    m_colors = colors;
    m_formats.clear();
    for (const QString &kind : codeKinds()) {
        QTextCharFormat format;
        if (const QVariant color = colors.value(kind); color.isValid())
            format.setForeground(color.value<QColor>());
        m_formats << format;
    }
    colourFrom(0);
    emit colorsChanged();
}

bool CodeDocument::canShowMore() const
{
    return hiddenCharacters() > 0 && m_limit < kMaxCharacters;
}

void CodeDocument::showMore()
{
    m_limit = std::min(m_limit + kMoreCharacters, kMaxCharacters);
    show();
}

/// Brings the document up to date; of code that only grew, its end. In one edit, so that it is laid out once,
/// with its colours if they are known.
void CodeDocument::show()
{
    if (!m_complete || !m_document)
        return;
    const QString wanted = m_code.left(shownLength(m_code, m_limit));
    QTextCursor cursor(m_document->textDocument());
    m_document->textDocument()->setUndoRedoEnabled(false);
    cursor.beginEditBlock();
    if (!m_shown.isEmpty() && wanted.startsWith(m_shown)) {
        cursor.movePosition(QTextCursor::End);
        cursor.insertText(wanted.mid(m_shown.size()));
    } else {
        setSpans({});
        m_askedFor.clear();
        cursor.select(QTextCursor::Document);
        cursor.insertText(wanted);
    }
    m_shown = wanted;
    if (!m_pause.isActive())
        askForSpans();
    cursor.endEditBlock();
    emit shownChanged();
}

void CodeDocument::setSpans(const QVector<CodeSpan> &spans)
{
    const auto [ours, theirs] = std::mismatch(m_spans.begin(), m_spans.end(), spans.begin(), spans.end());
    if (ours == m_spans.end() && theirs == spans.end())
        return;
    int changed = std::numeric_limits<int>::max();
    if (ours != m_spans.end())
        changed = ours->begin;
    if (theirs != spans.end())
        changed = std::min(changed, theirs->begin);
    m_spans = spans;
    colourFrom(changed);
}

/// The line there and those below it get the colours of their spans.
void CodeDocument::colourFrom(int position)
{
    if (!m_document)
        return;
    QTextCursor edit(m_document->textDocument()); // lines coloured one by one would be laid out one by one
    edit.beginEditBlock();
    for (QTextBlock line = m_document->textDocument()->findBlock(position); line.isValid();
         line = line.next())
        line.layout()->setFormats(formatsOf(line, m_spans, m_formats));
    edit.endEditBlock();
}

void CodeDocument::askForSpans()
{
    if (!m_highlighter || !m_document || !m_complete || m_asking || m_shown == m_askedFor)
        return;
    if (m_shown.size() > Highlighter::kMaxCharacters)
        return; // what was coloured before it grew so long stays
    m_askedFor = m_shown;
    m_asking = true;
    QElapsedTimer since;
    since.start();
    m_highlighter->highlight(this, m_language, m_shown, [this, since, text = m_shown](const auto &spans) {
        m_asking = false;
        if (m_shown.startsWith(text) && m_askedFor == text)
            setSpans(spans);
        if (m_shown != text)
            m_pause.start(std::max(kPauseMs, int(since.elapsed()) * kPauseFactor));
    });
}

} // namespace kvasir::ui
