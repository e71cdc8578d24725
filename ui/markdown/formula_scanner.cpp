#include "ui/markdown/formula_scanner.h"

#include <QRegularExpression>

#include <algorithm>
#include <array>
#include <optional>

namespace kvasir::ui {
namespace {

// What is longer is text: no formula that a person reads is.
constexpr qsizetype kMaxFormulaBytes = 4000;
// A character that no text uses, followed by as many letters as it takes: one word to a parser.
constexpr char kMask[] = "\xEE\x80\x80";
constexpr qsizetype kMaskBytes = 3;

bool isSpace(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool isWordCharacter(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || static_cast<unsigned char>(c) >= 0x80;
}

/// Walks over the text once; what is looked at ahead is bounded by `kMaxFormulaBytes` or skipped for good.
class FormulaScanner {
public:
    FormulaScanner(const QByteArray &text, const QVector<CodeRange> &fences)
        : m_text(text)
        , m_fences(fences)
    {
    }

    QVector<FormulaSpan> run()
    {
        while (m_at < m_text.size()) {
            if (m_at >= nextFence()) {
                m_at = m_fences[m_passedFences++].end;
                continue;
            }
            switch (m_text[m_at]) {
            case '\\':
                escape();
                break;
            case '`':
                codeSpan();
                break;
            case '$':
                dollars();
                break;
            default:
                ++m_at;
            }
        }
        return m_found;
    }

private:
    /// What ends what, for `m_barren`; behind these, code spans by the number of their marks.
    enum Closing { kParenthesis, kBracket, kDollars, kCodeSpans, kClosings = 32 };

    char at(qsizetype i) const { return i >= 0 && i < m_text.size() ? m_text[i] : '\n'; }

    qsizetype runLength(qsizetype from) const
    {
        qsizetype end = from;
        while (end < m_text.size() && m_text[end] == m_text[from])
            ++end;
        return end - from;
    }

    /// Whether only what begins lists and quotes stands before it on its line.
    bool beginsLine(qsizetype position) const
    {
        static constexpr QByteArrayView kBefore(" \t>-*+.)0123456789");
        while (position > 0 && m_text[position - 1] != '\n') {
            if (!kBefore.contains(m_text[--position]))
                return false;
        }
        return true;
    }

    /// Where the next fence begins, or the text ends.
    qsizetype nextFence() const
    {
        return m_passedFences < m_fences.size() ? m_fences[m_passedFences].begin : m_text.size();
    }

    void codeSpan()
    {
        const qsizetype marks = runLength(m_at);
        m_at += marks;
        m_at = std::max(m_at, codeSpanEnd(marks));
    }

    /// -1: it does not end before its paragraph does.
    qsizetype codeSpanEnd(qsizetype marks)
    {
        qsizetype &barren = m_barren[size_t(std::min<qsizetype>(kCodeSpans + marks, kClosings - 1))];
        qsizetype i = m_at;
        if (i < barren)
            return -1;
        for (; i < std::min(m_text.size(), m_at + kMaxFormulaBytes) && !endsParagraphAt(i); ++i) {
            if (m_text[i] != '`')
                continue;
            const qsizetype run = runLength(i);
            if (run == marks)
                return i + run;
            i += run - 1;
        }
        barren = i;
        return -1;
    }

    /// Whether the line that ends here is followed by an empty one or by code.
    bool endsParagraphAt(qsizetype i) const
    {
        if (i + 1 >= nextFence())
            return i + 1 < m_text.size();
        if (m_text[i] != '\n')
            return false;
        do
            ++i;
        while (at(i) == ' ' || at(i) == '\t' || at(i) == '\r');
        return i < m_text.size() && m_text[i] == '\n';
    }

    void escape()
    {
        const char opening = at(m_at + 1);
        if (opening == '(')
            delimited(kParenthesis, "\\)", false);
        else if (opening == '[')
            delimited(kBracket, "\\]", true);
        else
            m_at += 2;
    }

    void dollars()
    {
        const qsizetype marks = runLength(m_at);
        if (marks == 2)
            delimited(kDollars, "$$", true);
        else if (marks == 1 && !isWordCharacter(at(m_at - 1)))
            inlineDollars();
        else
            m_at += marks;
    }

    /// A formula between two characters that open it and these, which close it.
    void delimited(Closing kind, QByteArrayView closing, bool display)
    {
        const qsizetype begin = m_at;
        m_at += 2;
        const std::optional<qsizetype> end = closingPosition(kind, closing);
        if (end && *end < m_text.size())
            add(begin, *end + 2, *end, { display, false });
        else if (end && (closing[0] == '\\' || beginsLine(begin)))
            add(begin, m_text.size(), m_text.size(), { display, true });
    }

    /// The text's end where it may come yet; nothing where it can't.
    std::optional<qsizetype> closingPosition(Closing kind, QByteArrayView closing)
    {
        if (m_at < m_barren[kind])
            return {};
        for (qsizetype i = m_at; i < m_text.size(); ++i) {
            if (i - m_at > kMaxFormulaBytes || endsParagraphAt(i)) {
                m_barren[kind] = i;
                return {};
            }
            if (m_text[i] == closing[0] && at(i + 1) == closing[1])
                return i;
            if (m_text[i] == '\\')
                ++i;
        }
        return m_text.size();
    }

    void inlineDollars()
    {
        const qsizetype begin = m_at++;
        if (isSpace(at(m_at)))
            return;
        qsizetype i = m_at;
        for (; i < m_text.size() && m_text[i] != '$'; ++i) {
            if (i - begin > kMaxFormulaBytes || endsParagraphAt(i))
                return;
            if (m_text[i] == '\\')
                ++i;
        }
        if (i >= m_text.size() || isSpace(m_text[i - 1]) || isWordCharacter(at(i + 1)) || at(i + 1) == '$')
            return;
        if (!looksLikePrices(m_text.mid(m_at, i - m_at)))
            add(begin, i + 1, i, { false, false });
    }

    /// “$5 or 10$”
    static bool looksLikePrices(const QByteArray &inside)
    {
        static constexpr QByteArrayView kMathematical("\\=^_+*/<>{}");
        const auto isMathematical = [](char c) { return kMathematical.contains(c); };
        return inside[0] >= '0' && inside[0] <= '9' && std::any_of(inside.begin(), inside.end(), isSpace)
            && std::none_of(inside.begin(), inside.end(), isMathematical);
    }

    struct Form {
        bool display;
        bool open;
    };

    void add(qsizetype begin, qsizetype end, qsizetype latexEnd, Form form)
    {
        const qsizetype latexBegin = m_at;
        m_at = end;
        static const QRegularExpression kQuoteMarks(QStringLiteral("\\n[ \\t]*>+"));
        QString latex = QString::fromUtf8(m_text.mid(latexBegin, latexEnd - latexBegin));
        latex = latex.replace(kQuoteMarks, QStringLiteral("\n")).trimmed();
        if (end - begin < kMaskBytes || latex.isEmpty())
            return;
        m_found.append({ begin, end - begin, latex, form.display, form.open });
    }

    const QByteArray &m_text;
    const QVector<CodeRange> &m_fences;
    qsizetype m_passedFences = 0;
    qsizetype m_at = 0;
    std::array<qsizetype, kClosings>
        m_barren {}; ///< before this there is no such end: it is not looked for twice
    QVector<FormulaSpan> m_found;
};

} // namespace

QVector<FormulaSpan> findFormulas(const QByteArray &utf8, const QVector<CodeRange> &fences)
{
    return FormulaScanner(utf8, fences).run();
}

void maskFormulas(QByteArray &utf8, const QVector<FormulaSpan> &formulas)
{
    for (const FormulaSpan &formula : formulas) {
        char *begin = utf8.data() + formula.begin;
        std::fill_n(std::copy_n(kMask, kMaskBytes, begin), formula.length - kMaskBytes, 'x');
    }
}

} // namespace kvasir::ui
