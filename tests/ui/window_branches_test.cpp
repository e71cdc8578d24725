#include "tests/ui/window_test_support.h"

#include <QClipboard>
#include <QGuiApplication>

using namespace kvasir::ui;

namespace {

MessageItem message(MessageRole role, const QString &text)
{
    MessageItem item;
    item.role = role;
    item.text = text;
    return item;
}

} // namespace

/// What a person does with messages: other answers, other words, forks and deletions.
class WindowBranchesTest : public WindowTest {
    Q_OBJECT

    qint64 m_chat = 0;

    /// A window with a chat of two questions and two answers.
    void open(int width = 1100)
    {
        m_chat = m_port->addConversation(QStringLiteral("Mead"),
                                         { message(MessageRole::User, QStringLiteral("What is mead?")),
                                           message(MessageRole::Assistant, QStringLiteral("Honey wine.")),
                                           message(MessageRole::User, QStringLiteral("Is it sweet?")),
                                           message(MessageRole::Assistant, QStringLiteral("Sometimes.")) });
        start(width);
        chat().open(m_chat);
        QTRY_COMPARE(chat().messages()->rowCount(), 4);
        settle();
    }

    QStringList texts() const
    {
        QStringList all;
        for (int i = 0; i < chat().messages()->rowCount(); ++i)
            all << chat().messages()->index(i).data(MessageListModel::TextRole).toString();
        return all;
    }
    qint64 idAt(int index) const
    {
        return chat().messages()->index(index).data(MessageListModel::IdRole).toLongLong();
    }
    /// What shows the message.
    QQuickItem *messageAt(int index) const
    {
        for (QQuickItem *item : items()) {
            if (item->inherits("QQuickItem") && item->property("messageId").toLongLong() == idAt(index)
                && item->property("index").isValid() && isShown(item))
                return item;
        }
        return nullptr;
    }
    /// What holds a message's actions, which are there while it is pointed at or has the focus.
    QQuickItem *actionsAt(int index) const
    {
        QList<QQuickItem *> all = messageAt(index)->childItems();
        for (qsizetype i = 0; i < all.size(); ++i) {
            if (all[i]->inherits("QQuickFocusScope") && all[i]->property("room").isValid())
                return all[i];
            all << all[i]->childItems();
        }
        return nullptr;
    }
    /// An action of the message, which is pointed at for it.
    QQuickItem *actionAt(int index, const char *button) const
    {
        QTest::mouseMove(quick(), centre(messageAt(index)));
        return within(messageAt(index), QLatin1String(button));
    }
    void act(int index, const char *button) const
    {
        QTRY_VERIFY2(actionAt(index, button) && actionsAt(index)->opacity() == 1, button);
        settle();
        QQuickItem *item = actionAt(index, button);
        QVERIFY2(item->isVisible() && item->isEnabled(), button);
        click(item);
    }

private slots:
    void another_answer_is_asked_for_and_the_first_comes_back()
    {
        open();
        act(3, "regenerateButton");
        QTRY_VERIFY(!chat().generating());
        QTRY_COMPARE(texts().last(), QStringLiteral("Hello there."));
        QTRY_COMPARE(textOf(QStringLiteral("alternativeText")), QStringLiteral("2/2"));
        settle();
        QQuickItem *row = messageAt(3);
        click(find(QStringLiteral("previousButton")));
        QTRY_COMPARE(texts().last(), QStringLiteral("Sometimes."));
        QCOMPARE(messageAt(3), row); // in the same place
        QTRY_COMPARE(textOf(QStringLiteral("alternativeText")), QStringLiteral("1/2"));
        QVERIFY(!find(QStringLiteral("previousButton"))->isEnabled());
        QVERIFY(find(QStringLiteral("composerInput"))->hasActiveFocus()); // a click left it there
    }

    void actions_show_where_the_pointer_is_and_shift_nothing()
    {
        open();
        const auto opacityOf = [&](int index) { return actionsAt(index)->opacity(); };
        const double height = messageAt(1)->height();
        QCOMPARE(opacityOf(1), 0.0);
        QTest::mouseMove(quick(), centre(messageAt(1)));
        QTRY_COMPARE(opacityOf(1), 1.0);
        settle();
        QCOMPARE(opacityOf(3), 0.0);
        QCOMPARE(messageAt(1)->height(), height);
        click(within(messageAt(1), QStringLiteral("copyButton")));
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("Honey wine."));
    }

    void actions_are_one_stop_of_tab_and_arrows_go_on()
    {
        open();
        find(QStringLiteral("messageList"))->forceActiveFocus(Qt::TabFocusReason);
        while (quick()->activeFocusItem() != find(QStringLiteral("composerInput"))
               && !actionsAt(3)->hasActiveFocus())
            QTest::keyClick(quick(), Qt::Key_Tab);
        QTRY_COMPARE(actionsAt(3)->opacity(), 1.0);
        QVERIFY(actionsAt(3)->hasActiveFocus());
        QTest::keyClick(quick(), Qt::Key_Right);
        QTest::keyClick(quick(), Qt::Key_Tab);
        QVERIFY(actionsAt(2)->hasActiveFocus());
        QTest::keyClick(quick(), Qt::Key_Tab);
        QVERIFY(actionsAt(1)->hasActiveFocus());
        QTest::keyClick(quick(), Qt::Key_Backtab);
        QVERIFY(actionsAt(2)->hasActiveFocus());
        QTest::keyClick(quick(), Qt::Key_Backtab);
        QVERIFY(actionsAt(3)->hasActiveFocus());
        QTRY_COMPARE(actionsAt(3)->opacity(), 1.0);
        QTest::keyClick(quick(), Qt::Key_Left);
        QStringList visited;
        for (int i = 0; i < 5; ++i) {
            visited << quick()->activeFocusItem()->objectName();
            QTest::keyClick(quick(), Qt::Key_Right);
        }
        QCOMPARE(visited,
                 QStringList({ QStringLiteral("copyButton"), QStringLiteral("editButton"),
                               QStringLiteral("goOnHereButton"), QStringLiteral("regenerateButton"),
                               QStringLiteral("forkButton") }));
        QTest::keyClick(quick(), Qt::Key_Left);
        QVERIFY(quick()->activeFocusItem()->objectName() == QStringLiteral("forkButton"));
        const QString call = QStringLiteral("fork %1").arg(idAt(3));
        QTest::keyClick(quick(), Qt::Key_Return);
        QVERIFY(m_port->calls.contains(call));
    }

    void a_question_is_edited_in_place_and_answered_anew()
    {
        open();
        act(2, "editButton");
        QTRY_VERIFY(isShown(find(QStringLiteral("messageEditor"))));
        QTRY_VERIFY(find(QStringLiteral("messageEditor"))->hasActiveFocus());
        QVERIFY(!find(QStringLiteral("saveEditButton"))->isEnabled()); // nothing has changed yet
        type(QStringLiteral(" Or dry?"));
        QStringList visited;
        for (int i = 0; i < 2; ++i) {
            QTest::keyClick(quick(), Qt::Key_Tab);
            visited << quick()->activeFocusItem()->objectName();
        }
        QCOMPARE(visited,
                 QStringList({ QStringLiteral("cancelEditButton"), QStringLiteral("saveEditButton") }));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(texts(),
                     QStringList({ QStringLiteral("What is mead?"), QStringLiteral("Honey wine."),
                                   QStringLiteral("Is it sweet? Or dry?"), QStringLiteral("Hello there.") }));
        QTRY_VERIFY(!chat().generating());
        QVERIFY(!isShown(find(QStringLiteral("messageEditor"))));
        QTRY_VERIFY(find(QStringLiteral("composerInput"))->hasActiveFocus());
        settle();
        QVERIFY(isShown(within(messageAt(2), QStringLiteral("editedMark"))));
        QVERIFY(!within(messageAt(3), QStringLiteral("editedMark")));
        click(within(messageAt(2), QStringLiteral("previousButton")));
        QTRY_COMPARE(texts().mid(2),
                     QStringList({ QStringLiteral("Is it sweet?"), QStringLiteral("Sometimes.") }));
        QTRY_VERIFY(!within(messageAt(2), QStringLiteral("editedMark")));
    }

    void an_answer_is_edited_and_nothing_is_generated()
    {
        open();
        act(1, "editButton");
        QTRY_VERIFY(find(QStringLiteral("messageEditor"))->hasActiveFocus());
        QTest::keyClick(quick(), Qt::Key_Return); // a line, here
        type(QStringLiteral("Old, too."));
        QTRY_VERIFY(find(QStringLiteral("saveEditButton"))->isEnabled());
        QTest::keyClick(quick(), Qt::Key_Return, Qt::ControlModifier);
        QTRY_COMPARE(texts().last(), QStringLiteral("Honey wine.\nOld, too."));
        QCOMPARE(texts().size(), 2);
        QVERIFY(!chat().generating());
        QTRY_VERIFY(isShown(within(messageAt(1), QStringLiteral("editedMark"))));
        QCOMPARE(m_port->calls.filter(QStringLiteral("regenerate")), QStringList());
    }

    void up_edits_the_last_message_and_escape_leaves_it()
    {
        open();
        QTest::keyClick(quick(), Qt::Key_Up);
        QTRY_VERIFY(find(QStringLiteral("messageEditor"))->hasActiveFocus());
        QCOMPARE(textOf(QStringLiteral("messageEditor")), QStringLiteral("Is it sweet?"));
        type(QStringLiteral("xyz"));
        QTest::keyClick(quick(), Qt::Key_Escape);
        QTRY_VERIFY(!isShown(find(QStringLiteral("messageEditor"))));
        QTRY_VERIFY(find(QStringLiteral("composerInput"))->hasActiveFocus());
        QCOMPARE(texts()[2], QStringLiteral("Is it sweet?"));

        // While something is written, the keys are the composer's.
        type(QStringLiteral("ab"));
        QTest::keyClick(quick(), Qt::Key_Up);
        QTest::keyClick(quick(), Qt::Key_Left);
        QVERIFY(!isShown(find(QStringLiteral("messageEditor"))));
        QCOMPARE(m_port->calls.filter(QStringLiteral("alternative")), QStringList());
    }

    void left_and_right_swipe_and_ctrl_enter_asks_again()
    {
        open();
        QTest::keyClick(quick(), Qt::Key_Return, Qt::ControlModifier);
        QTRY_COMPARE(texts().last(), QStringLiteral("Hello there."));
        QTRY_VERIFY(!chat().generating());
        QTest::keyClick(quick(), Qt::Key_Left);
        QTRY_COMPARE(texts().last(), QStringLiteral("Sometimes."));
        QTest::keyClick(quick(), Qt::Key_Left); // there is none
        QTest::keyClick(quick(), Qt::Key_Right);
        QTRY_COMPARE(texts().last(), QStringLiteral("Hello there."));
        QCOMPARE(m_port->calls.filter(QStringLiteral("alternative")).size(), 2);
    }

    void a_message_that_is_sought_brings_its_branch()
    {
        open();
        const qint64 sought = idAt(3);
        QTest::keyClick(quick(), Qt::Key_Return, Qt::ControlModifier);
        QTRY_COMPARE(texts().last(), QStringLiteral("Hello there."));
        QTRY_VERIFY(!chat().generating());
        chat().openAt(m_chat, sought);
        QTRY_COMPARE(idAt(3), sought);
        QTRY_VERIFY(isShown(find(QStringLiteral("soughtMark"))));
    }

    void a_complete_answer_can_go_on()
    {
        open();
        act(3, "goOnHereButton");
        QTRY_COMPARE(texts().last(), QStringLiteral("Sometimes.Hello there."));
        QVERIFY(m_port->calls.contains(QStringLiteral("retry %1").arg(m_chat)));
        QTRY_VERIFY(actionAt(1, "copyButton"));
        QVERIFY(!actionAt(1, "goOnHereButton")->isVisible()); // the last alone
    }

    void deleted_messages_come_back_with_undo()
    {
        open();
        act(2, "deleteMessageButton");
        QTRY_COMPARE(chat().messages()->rowCount(), 2);
        QTRY_COMPARE(textOf(QStringLiteral("deletedNotice")), QStringLiteral("2 messages deleted"));
        settle();
        click(find(QStringLiteral("undoMessagesButton")));
        QTRY_COMPARE(texts().mid(2),
                     QStringList({ QStringLiteral("Is it sweet?"), QStringLiteral("Sometimes.") }));
        QTRY_VERIFY(!isShown(find(QStringLiteral("deletedNotice"))));

        // A question that has lost its answer can be answered.
        settle();
        act(3, "deleteMessageButton");
        QTRY_COMPARE(chat().messages()->rowCount(), 3);
        settle();
        act(2, "regenerateButton");
        QTRY_COMPARE(texts().last(), QStringLiteral("Hello there."));
    }

    void a_fork_is_opened_with_what_was_said_so_far()
    {
        open();
        act(1, "forkButton");
        QTRY_VERIFY(chat().currentId() != m_chat);
        QTRY_COMPARE(chat().messages()->rowCount(), 2);
        QCOMPARE(chat().currentTitle(), QStringLiteral("Mead (fork)"));
        QTRY_COMPARE(chats().conversations()->chatCount(), 2);
    }

    void nothing_can_be_changed_while_an_answer_is_written()
    {
        m_port->script.holdsAfterPieces = true;
        open();
        type(QStringLiteral("Go"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(chat().messages()->rowCount(), 6);
        const QStringList before = m_port->calls;
        QTRY_VERIFY(actionAt(3, "forkButton"));
        for (const char *name : { "editButton", "regenerateButton", "deleteMessageButton" })
            QVERIFY2(!actionAt(3, name)->isEnabled(), name);
        QVERIFY(actionAt(3, "forkButton")->isEnabled());
        QTest::keyClick(quick(), Qt::Key_Up);
        QTest::keyClick(quick(), Qt::Key_Return, Qt::ControlModifier);
        QVERIFY(!isShown(find(QStringLiteral("messageEditor"))));
        QCOMPARE(m_port->calls, before);
    }

    void every_action_has_a_name_and_fits_into_a_small_window()
    {
        open(480);
        QTest::keyClick(quick(), Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY(!chat().generating());
        QTest::keyClick(quick(), Qt::Key_Up);
        QTRY_VERIFY(isShown(find(QStringLiteral("messageEditor"))));
        settle();
        QTRY_VERIFY(actionAt(3, "deleteMessageButton"));
        checkNames();
        const QQuickItem *actions = actionAt(3, "deleteMessageButton");
        QVERIFY(actions->mapToScene(QPointF(actions->width(), 0)).x() <= quick()->width());
    }
};

QTEST_MAIN(WindowBranchesTest)
#include "window_branches_test.moc"
