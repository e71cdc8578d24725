#include "ui/markdown/code_document.h"
#include "ui/scripts/highlighter.h"
#include "ui/scripts/typesetter.h"

#include <QFile>
#include <QQmlComponent>
#include <QQmlEngine>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextLayout>

#include <cmath>

using namespace kvasir::ui;

/// What is asked of JavaScript on other threads, with the real scripts.
class ScriptsTest : public QObject {
    Q_OBJECT

    Typesetter m_typesetter;
    Highlighter m_highlighter;

    /// Null: it has not come in time.
    const Typeset *typeset(const QString &latex, bool display = true)
    {
        const auto isDone = [&] { return m_typesetter.find(latex, display) != nullptr; };
        return QTest::qWaitFor(isDone, 30'000) ? m_typesetter.find(latex, display) : nullptr;
    }

    QVector<CodeSpan> spans(const QString &language, const QString &code)
    {
        std::optional<QVector<CodeSpan>> found;
        m_highlighter.highlight(this, language, code, [&](const QVector<CodeSpan> &spans) { found = spans; });
        return QTest::qWaitFor([&] { return found.has_value(); }, 30'000) ? *found : QVector<CodeSpan> {};
    }

    static QString textOf(const QVector<CodeSpan> &spans, const QString &code, const QString &kind)
    {
        QStringList texts;
        for (const CodeSpan &span : spans) {
            if (codeKinds()[span.kind] == kind)
                texts << code.mid(span.begin, span.length);
        }
        return texts.join(u'|');
    }

private slots:
    void a_formula_becomes_a_picture_with_its_extent()
    {
        const Typeset *x = typeset(QStringLiteral("x"), false);
        QVERIFY(x && !x->isBroken());
        // TeX: The Program's cmmi10 says 0.57153 em for x, and 0.43056 em of height.
        QVERIFY(std::abs(x->width - 0.5715) < 0.002);
        QVERIFY(std::abs(x->ascent - 0.4306) < 0.02);
        QVERIFY(QSvgRenderer(x->svg).isValid());
        const qreal ascent = x->ascent;
        const Typeset *fraction = typeset(QStringLiteral("\\frac{x}{y}"));
        QVERIFY(fraction && fraction->ascent > ascent && fraction->descent > 0.4);
    }

    void what_must_be_stretched_is_one_picture()
    {
        const Typeset *brace =
            typeset(QStringLiteral("\\left\\{\\begin{matrix}1\\\\2\\\\3\\\\4\\\\5\\\\6\\end{matrix}\\right. "
                                   "\\overbrace{a+b+c+d+e+f+g}"));
        QVERIFY(brace && !brace->isBroken());
        QCOMPARE(brace->svg.count("<svg"), 1);
        QVERIFY(!brace->svg.contains("NaN") && !brace->svg.contains("Infinity"));
    }

    void what_one_formula_defines_is_unknown_to_the_next()
    {
        QVERIFY(!typeset(QStringLiteral("\\newcommand{\\mine}{x}\\mine"))->isBroken());
        QVERIFY(typeset(QStringLiteral("\\mine"))->isBroken());
    }

    void broken_and_endless_formulas_are_broken_data()
    {
        QTest::addColumn<QString>("latex");
        QTest::newRow("unfinished") << QStringLiteral("\\frac{1}{");
        QTest::newRow("unknown") << QStringLiteral("\\nosuchcommand x");
        QTest::newRow("endless macro") << QStringLiteral("\\def\\a{\\a\\a}\\a");
        QTest::newRow("doubling macros") << QStringLiteral(
            "\\def\\a{xx}\\def\\b{\\a\\a\\a\\a\\a\\a\\a\\a}\\def\\c{\\b\\b\\b\\b\\b\\b\\b\\b}"
            "\\def\\d{\\c\\c\\c\\c\\c\\c\\c\\c}\\def\\e{\\d\\d\\d\\d\\d\\d\\d\\d}\\e\\e\\e");
        QTest::newRow("deep") << QStringLiteral("{").repeated(1900) + QStringLiteral("}").repeated(1900);
        QTest::newRow("huge") << QStringLiteral("\\rule{100000em}{1em}");
        QTest::newRow("long") << QStringLiteral("x+").repeated(10'000);
        QTest::newRow("script") << QStringLiteral("\\href{javascript:alert(1)}{x}");
        QTest::newRow("require") << QStringLiteral("\\require{html}\\style{x}{y}");
    }
    void broken_and_endless_formulas_are_broken()
    {
        QFETCH(QString, latex);
        const Typeset *result = typeset(latex);
        QVERIFY(result);
        QVERIFY(result->isBroken());
        const Typeset *next = typeset(QStringLiteral("a+b"));
        QVERIFY(next && !next->isBroken());
    }

    void code_has_its_kinds()
    {
        const QString code = QStringLiteral("def f(x):  # <note> & \"so\"\n    return \"a<b\" + str(17)\n");
        const auto found = spans(QStringLiteral("python"), code);
        QCOMPARE(textOf(found, code, QStringLiteral("keyword")), QStringLiteral("def|return"));
        QCOMPARE(textOf(found, code, QStringLiteral("comment")), QStringLiteral("# <note> & \"so\""));
        QCOMPARE(textOf(found, code, QStringLiteral("string")), QStringLiteral("\"a<b\""));
        QCOMPARE(textOf(found, code, QStringLiteral("number")), QStringLiteral("17"));
        QCOMPARE(textOf(found, code, QStringLiteral("title")), QStringLiteral("f"));
    }

    void code_gets_its_colours_in_one_edit_and_keeps_them_as_it_grows()
    {
        QQmlEngine engine;
        QQmlComponent component(&engine);
        component.setData("import QtQuick\nTextEdit {}", {});
        const std::unique_ptr<QObject> edit(component.create());
        QVERIFY(edit);
        auto *shown = edit->property("textDocument").value<QQuickTextDocument *>();
        const QTextDocument &text = *shown->textDocument();
        const auto formats = [&text](int line) { return text.findBlockByNumber(line).layout()->formats(); };
        CodeDocument code;
        code.setHighlighter(&m_highlighter);
        code.setColors({ { QStringLiteral("keyword"), QColor(Qt::red) } });
        code.setLanguage(QStringLiteral("python"));
        code.setCode(QStringLiteral("for a in b: pass\n").repeated(20));
        code.setDocument(shown);
        code.componentComplete();
        QCOMPARE(text.toPlainText(), code.code());

        QSignalSpy edits(&text, &QTextDocument::contentsChanged);
        QTRY_VERIFY_WITH_TIMEOUT(!formats(19).isEmpty(), 30'000);
        QCOMPARE(edits.count(), 1);
        QCOMPARE(formats(0), formats(19));
        QCOMPARE(formats(0).constFirst().format.foreground().color(), QColor(Qt::red));

        const auto before = formats(0);
        code.setCode(code.code() + QStringLiteral("while a: pass\n"));
        QCOMPARE(edits.count(), 2);
        QCOMPARE(formats(0), before);
        QTRY_VERIFY_WITH_TIMEOUT(!formats(20).isEmpty(), 30'000);
    }

    void an_unknown_language_and_markup_have_no_kinds()
    {
        QCOMPARE(spans(QStringLiteral("</span>"), QStringLiteral("if")).size(), 0);
        QCOMPARE(spans(QStringLiteral("nosuch"), QStringLiteral("if")).size(), 0);
        const QString html = QStringLiteral("<span class=\"hljs-keyword\">&lt;</span>");
        for (const CodeSpan &span : spans(QStringLiteral("html"), html))
            QVERIFY(span.begin + span.length <= html.size());
    }

    void nobody_is_answered_after_he_has_gone()
    {
        auto asker = std::make_unique<QObject>();
        bool answered = false;
        m_highlighter.highlight(asker.get(), QStringLiteral("cpp"), QStringLiteral("int gone;"),
                                [&](const auto &) { answered = true; });
        asker.reset();
        spans(QStringLiteral("cpp"), QStringLiteral("int here;"));
        QVERIFY(!answered);
    }

    void a_script_that_never_ends_is_ended()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath(QStringLiteral("endless.js")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("function endless() { for (;;) {} } function add(a, b) { return a + b; } "
                   "function reach() { return typeof Qt + typeof XMLHttpRequest + typeof require; }");
        file.close();
        ScriptWorker worker({ file.fileName() }, 200);
        QVector<std::optional<QVariant>> results;
        const auto take = [&](const std::optional<QVariant> &result) { results << result; };
        worker.call(QStringLiteral("endless"), {}, take);
        worker.call(QStringLiteral("add"), { 2, 3 }, take);
        worker.call(QStringLiteral("reach"), {}, take);
        worker.call(QStringLiteral("missing"), {}, take);
        QTRY_COMPARE_WITH_TIMEOUT(results.size(), 4, 30'000);
        QVERIFY(!results[0]);
        QCOMPARE(results[1]->toInt(), 5);
        QCOMPARE(results[2]->toString(), QStringLiteral("undefinedundefinedundefined"));
        QVERIFY(!results[3]);
        worker.call(QStringLiteral("endless"), {}, take); // ended with its worker
    }
};

QTEST_MAIN(ScriptsTest)
#include "scripts_test.moc"
