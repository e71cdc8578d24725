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

    void how_answers_are_made_is_set_for_all_chats_and_for_one()
    {
        const qint64 id = m_port->addConversation(QStringLiteral("Mead"), {});
        start();
        chat().open(id);
        QTest::keyClick(quick(), Qt::Key_Comma, Qt::ControlModifier);
        QTRY_VERIFY(isShown(find(QStringLiteral("settingsPages1"))));
        settle();
        click(find(QStringLiteral("settingsPages1")));
        QTRY_COMPARE(textOf(QStringLiteral("settingText0")), QStringLiteral("0.8"));
        QVERIFY(!isShown(find(QStringLiteral("resetSetting0"))));
        checkNames();
        find(QStringLiteral("settingSlider0"))->forceActiveFocus(Qt::TabFocusReason);
        QTest::keyClick(quick(), Qt::Key_Right);
        QTRY_COMPARE(m_answers->kept[0].temperature, std::optional(0.9));

        settle();
        click(find(QStringLiteral("answerScope1")));
        QTRY_COMPARE(textOf(QStringLiteral("settingText0")), QStringLiteral("0.9")); // as in all chats
        find(QStringLiteral("settingSlider0"))->forceActiveFocus(Qt::TabFocusReason);
        QTest::keyClick(quick(), Qt::Key_Left);
        QTest::keyClick(quick(), Qt::Key_Left);
        QTRY_COMPARE(m_answers->kept[id].temperature, std::optional(0.7));
        QCOMPARE(m_answers->kept[0].temperature, std::optional(0.9));
        settle();
        click(find(QStringLiteral("resetSetting0")));
        QTRY_COMPARE(textOf(QStringLiteral("settingText0")), QStringLiteral("0.9"));
        find(QStringLiteral("seedField"))->forceActiveFocus(Qt::TabFocusReason);
        QTRY_VERIFY(centre(find(QStringLiteral("seedField"))).y() // below the others: scrolled to
                    < find(QStringLiteral("settingsStorageButton"))->mapToScene({}).y());
        type(QStringLiteral("4x2"));
        QTest::keyClick(quick(), Qt::Key_Escape); // what was typed last is kept, too
        QTRY_COMPARE(m_answers->kept[id], (AnswerSettingsItem { {}, {}, {}, {}, {}, {}, 42 }));
        QTest::keyClick(quick(), Qt::Key_Comma, Qt::ControlModifier);
        QTRY_VERIFY(isShown(find(QStringLiteral("followAllChats"))));
        settle();
        click(find(QStringLiteral("followAllChats")));
        QTRY_COMPARE(m_answers->kept[id], AnswerSettingsItem());
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
        QTest::keyClick(quick(), Qt::Key_F1);
        QTRY_VERIFY(isShown(sheet()));
        settle();
        QTest::keyClick(quick(), Qt::Key_F1);
        QTRY_VERIFY(!isShown(sheet()));

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
