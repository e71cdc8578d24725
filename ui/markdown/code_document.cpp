#include "ui/markdown/code_document.h"

#include <QElapsedTimer>
#include <QSyntaxHighlighter>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocument>

#include <algorithm>

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

} // namespace

/// Gives a document's lines the colours of spans that were found before.
class CodeColourer : public QSyntaxHighlighter {
public:
    explicit CodeColourer(QTextDocument *document)
        : QSyntaxHighlighter(document)
    {
    }

    void setSpans(const QVector<CodeSpan> &spans)
    {
        const auto [ours, theirs] = std::mismatch(m_spans.begin(), m_spans.end(), spans.begin(), spans.end());
        if (ours == m_spans.end() && theirs == spans.end())
            return;
        int changed = document()->characterCount();
        if (ours != m_spans.end())
            changed = std::min(changed, ours->begin);
        if (theirs != spans.end())
            changed = std::min(changed, theirs->begin);
        m_spans = spans;
        for (QTextBlock block = document()->findBlock(changed); block.isValid(); block = block.next())
            rehighlightBlock(block);
    }

    void setColors(const QVariantMap &colors)
    {
        m_formats.clear();
        for (const QString &kind : codeKinds()) {
            QTextCharFormat format;
            if (const QVariant color = colors.value(kind); color.isValid())
                format.setForeground(color.value<QColor>());
            m_formats << format;
        }
        rehighlight();
    }

protected:
    void highlightBlock(const QString &text) override
    {
        const int begin = currentBlock().position();
        const int end = begin + int(text.size());
        const auto endsBefore = [](const CodeSpan &span, int position) {
            return span.begin + span.length <= position;
        };
        for (auto span = std::lower_bound(m_spans.begin(), m_spans.end(), begin, endsBefore);
             span != m_spans.end() && span->begin < end; ++span) {
            const int from = std::max(span->begin, begin);
            setFormat(from - begin, std::min(span->begin + span->length, end) - from,
                      m_formats.value(span->kind));
        }
    }

private:
    QVector<CodeSpan> m_spans;
    QVector<QTextCharFormat> m_formats; ///< by kind
};

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
    m_colourer = document ? new CodeColourer(document->textDocument()) : nullptr;
    if (m_colourer)
        m_colourer->setColors(m_colors);
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
    if (m_colourer)
        m_colourer->setColors(colors);
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

/// Brings the document up to date; of code that only grew, its end.
void CodeDocument::show()
{
    if (!m_complete || !m_document)
        return;
    const QString wanted = m_code.left(shownLength(m_code, m_limit));
    QTextCursor cursor(m_document->textDocument());
    m_document->textDocument()->setUndoRedoEnabled(false);
    if (!m_shown.isEmpty() && wanted.startsWith(m_shown)) {
        cursor.movePosition(QTextCursor::End);
        cursor.insertText(wanted.mid(m_shown.size()));
    } else {
        m_colourer->setSpans({});
        m_askedFor.clear();
        cursor.select(QTextCursor::Document);
        cursor.insertText(wanted);
    }
    m_shown = wanted;
    emit shownChanged();
    if (!m_pause.isActive())
        askForSpans();
}

void CodeDocument::askForSpans()
{
    if (!m_highlighter || !m_colourer || !m_complete || m_asking || m_shown == m_askedFor)
        return;
    if (m_shown.size() > Highlighter::kMaxCharacters)
        return; // what was coloured before it grew so long stays
    m_askedFor = m_shown;
    m_asking = true;
    QElapsedTimer since;
    since.start();
    m_highlighter->highlight(this, m_language, m_shown, [this, since, text = m_shown](const auto &spans) {
        m_asking = false;
        if (m_colourer && m_shown.startsWith(text) && m_askedFor == text)
            m_colourer->setSpans(spans);
        if (m_shown != text)
            m_pause.start(std::max(kPauseMs, int(since.elapsed()) * kPauseFactor));
    });
}

} // namespace kvasir::ui
