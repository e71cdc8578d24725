#include "tests/ui/window_test_support.h"

using namespace kvasir::ui;

/// What holds for the whole window: names, the way of Tab, themes and sizes of text.
class WindowLookTest : public WindowTest {
    Q_OBJECT

private slots:
    void a_key_opens_all_settings_and_they_hold_at_once()
    {
        m_models->setModel(FakeModelPort::larger());
        start();
        QTest::keyClick(quick(), Qt::Key_Comma, Qt::ControlModifier);
        QTRY_VERIFY(isShown(find(QStringLiteral("settingsPages"))));
        settle();
        checkNames();
        click(itemWith("text", QStringLiteral("Dark")));
        QTRY_COMPARE(m_settings->themeMode(), UiSettings::Dark);
        click(itemWith("text", QStringLiteral("Model")));
        QTRY_VERIFY(isShown(find(QStringLiteral("contextSlider"))));
        QVERIFY(!find(QStringLiteral("applySettingsButton"))->isEnabled()); // nothing was changed
        click(find(QStringLiteral("settingsStorageButton")));
        QTRY_VERIFY(isShown(find(QStringLiteral("storagePages"))));
    }

    void every_control_has_a_name()
    {
        m_port->prompts = { { 7, QStringLiteral("Friendly"), QStringLiteral("Be kind."), true } };
        const qint64 id = addLongChat();
        start();
        click(row(id));
        QTRY_COMPARE(chat().messages()->rowCount(), 200);
        click(find(QStringLiteral("promptChip")));
        QTRY_VERIFY(isShown(find(QStringLiteral("managePrompts"))));
        click(find(QStringLiteral("managePrompts")));
        QTRY_VERIFY(isShown(find(QStringLiteral("usePromptButton"))));
        checkNames();
    }

    void tab_leaves_the_composer_and_goes_round()
    {
        m_port->addConversation(QStringLiteral("One"), {});
        start();
        QQuickItem *input = find(QStringLiteral("composerInput"));
        QTRY_VERIFY(input->hasActiveFocus());
        QStringList visited;
        for (int i = 0; i < 60; ++i) {
            QTest::keyClick(quick(), Qt::Key_Tab);
            QVERIFY(quick()->activeFocusItem());
            visited << quick()->activeFocusItem()->objectName();
            if (input->hasActiveFocus())
                break;
        }
        QVERIFY(input->hasActiveFocus());
        for (const char *name : { "modelChip", "promptChip", "newChatButton", "appearanceButton" })
            QVERIFY2(visited.contains(QLatin1String(name)), name);
    }

    void f1_lists_the_keys()
    {
        start();
        QTest::keyClick(quick(), Qt::Key_F1);
        const auto sheet = [&] { return itemWith("text", QStringLiteral("Search all chats")); };
        QTRY_VERIFY(isShown(sheet()));
        checkNames();
        QTest::keyClick(quick(), Qt::Key_Escape);
        QTRY_VERIFY(!isShown(sheet()));
        QTRY_VERIFY(find(QStringLiteral("composerInput"))->hasActiveFocus());

        click(find(QStringLiteral("appearanceButton")));
        QTRY_VERIFY(isShown(find(QStringLiteral("keysRow"))));
        settle();
        click(find(QStringLiteral("keysRow")));
        QTRY_VERIFY(isShown(sheet()));
    }

    void the_theme_and_the_text_size_take_effect_at_once()
    {
        start();
        m_settings->setThemeMode(UiSettings::Light);
        QTRY_VERIFY(quick()->color().lightness() > 200);
        m_settings->setThemeMode(UiSettings::Dark);
        QTRY_VERIFY(quick()->color().lightness() < 60);
        QQuickItem *input = find(QStringLiteral("composerInput"));
        const double height = input->height();
        m_settings->setFontScale(2);
        QTRY_VERIFY(input->height() > height);
    }

    void large_text_in_a_small_window_keeps_the_send_button_inside()
    {
        m_settings->setFontScale(1.5);
        start(480, 700);
        const QQuickItem *button = find(QStringLiteral("sendButton"));
        QVERIFY(isShown(button));
        const qreal right = button->mapToScene(QPointF(button->width(), 0)).x();
        QVERIFY2(right <= quick()->width() - 16, qPrintable(QString::number(right)));
    }
};

QTEST_MAIN(WindowLookTest)
#include "window_look_test.moc"
