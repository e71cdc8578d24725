#include "tests/support/fake_answer_settings_port.h"
#include "tests/support/fake_chat_port.h"
#include "tests/support/fake_context_port.h"
#include "tests/support/fake_model_port.h"
#include "tests/support/fake_profile_port.h"
#include "tests/support/fake_storage_port.h"
#include "ui/controllers/ui_settings.h"
#include "ui/window.h"

#include <QColor>
#include <QDirIterator>
#include <QQmlContext>
#include <QQmlEngine>
#include <QQmlExpression>
#include <QQuickWindow>
#include <QRegularExpression>
#include <QTest>

#include <cmath>

using namespace kvasir::ui;

namespace {

double luminance(const QColor &color)
{
    const auto linear = [](double c) {
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

/// WCAG 2: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
double contrast(const QColor &a, const QColor &b)
{
    const double la = luminance(a);
    const double lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

/// `over`, which may be translucent, painted on `under`.
QColor painted(const QColor &over, const QColor &under)
{
    const float a = over.alphaF();
    return QColor::fromRgbF(over.redF() * a + under.redF() * (1 - a),
                            over.greenF() * a + under.greenF() * (1 - a),
                            over.blueF() * a + under.blueF() * (1 - a));
}

} // namespace

class ThemeTest : public QObject {
    Q_OBJECT

private slots:
    void text_can_be_read_on_its_surface_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("surface");
        QTest::addColumn<QString>("overlay");
        const QPair<const char *, const char *> pairs[] = {
            { "text", "surface" },
            { "text", "surfaceRaised" },
            { "text", "surfaceSunken" },
            { "text", "accentSoft" },
            { "textMuted", "surface" },
            { "textMuted", "surfaceRaised" },
            { "accent", "surface" },
            { "textMuted", "surfaceSunken" },
            { "accent", "surfaceRaised" },
            { "danger", "surface" },
            { "accent", "surfaceSunken" },
            { "accent", "accentSoft" },
            { "success", "surface" },
            { "danger", "surfaceRaised" },
            { "success", "surfaceRaised" },
            { "success", "surfaceSunken" },
            { "danger", "surfaceSunken" },
            { "accentInk", "accent" },
            { "textMuted", "accentSoft" },
            { "surface", "text" },
            { "codeKeyword", "surfaceSunken" },
            { "codeString", "surfaceSunken" },
            { "codeNumber", "surfaceSunken" },
            { "codeTitle", "surfaceSunken" },
            { "codeType", "surfaceSunken" },
            { "codeVariable", "surfaceSunken" },
        };
        for (const bool dark : { false, true }) {
            for (const auto &[text, surface] : pairs)
                QTest::addRow("%s on %s, %s", text, surface, dark ? "dark" : "light")
                    << dark << QString::fromLatin1(text) << QString::fromLatin1(surface) << QString();
            for (const char *surface : { "surface", "surfaceRaised", "surfaceSunken", "accentSoft" })
                QTest::addRow("selected text on %s, %s", surface, dark ? "dark" : "light")
                    << dark << QStringLiteral("text") << QString::fromLatin1(surface)
                    << QStringLiteral("selection");
            for (const char *surface : { "surface", "surfaceRaised", "surfaceSunken" })
                QTest::addRow("hovered text on %s, %s", surface, dark ? "dark" : "light")
                    << dark << QStringLiteral("text") << QString::fromLatin1(surface)
                    << QStringLiteral("pressed");
        }
    }

    void text_can_be_read_on_its_surface()
    {
        QFETCH(bool, dark);
        QFETCH(QString, text);
        QFETCH(QString, surface);
        QFETCH(QString, overlay);
        FakeChatPort port;
        FakeContextPort context;
        FakeAnswerSettingsPort answers;
        FakeModelPort models;
        UiSettings settings;
        settings.setThemeMode(dark ? UiSettings::Dark : UiSettings::Light);
        FakeProfilePort profiles;
        FakeStoragePort storage;
        Window window({ port, port.list, context, answers, models, profiles, storage }, settings);
        QVERIFY(window.quickWindow());
        QQmlExpression expression(qmlContext(window.quickWindow()), window.quickWindow(),
                                  QStringLiteral("Theme"));
        auto *theme = expression.evaluate().value<QObject *>();
        QVERIFY(theme);
        QCOMPARE(theme->property("dark").toBool(), dark);
        const auto token = [&](const QString &name) {
            return theme->property(name.toLatin1()).value<QColor>();
        };
        QColor under = token(surface);
        QCOMPARE(under.alpha(), 255);
        if (!overlay.isEmpty())
            under = painted(token(overlay), under);
        const double ratio = contrast(token(text), under);
        QVERIFY2(ratio >= 4.5, qPrintable(QString::number(ratio)));
    }

    void colours_are_written_in_the_theme_alone()
    {
        static const QRegularExpression literal(
            QStringLiteral("[\"']#[0-9A-Fa-f]{3,8}[\"']|Qt\\.(rgba|hsla|hsva|lighter|darker)\\(|"
                           "[cC]olor\\s*:\\s*[\"'][a-z]+[\"']"));
        int files = 0;
        QDirIterator it(QStringLiteral(KVASIR_QML_DIR), { QStringLiteral("*.qml") }, QDir::Files,
                        QDirIterator::Subdirectories);
        while (it.hasNext()) {
            QFile file(it.next());
            if (file.fileName().endsWith(QLatin1String("/Theme.qml")))
                continue;
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QString source = QString::fromUtf8(file.readAll());
            ++files;
            const auto match = literal.match(source);
            QVERIFY2(!match.hasMatch(), qPrintable(file.fileName() + QLatin1String(": ") + match.captured()));
            QVERIFY2(source.count(u'\n') < 200, qPrintable(file.fileName()));
        }
        QVERIFY(files > 20);
    }
};

QTEST_MAIN(ThemeTest)
#include "theme_test.moc"
