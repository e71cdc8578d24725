#include "tests/ui/window_test_support.h"
#include "ui/models/markdown_block_model.h"

#include <QClipboard>
#include <QGuiApplication>

using namespace kvasir::ui;

/// What is said and answered: the composer, the messages and the list they stand in.
class WindowChatTest : public WindowTest {
    Q_OBJECT

private slots:
    void typing_and_enter_sends()
    {
        m_port->script.usage = { true, 1248, 1216, 1216, 20, 84, 42 };
        start();
        type(QStringLiteral("Hello you"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(chat().messages()->rowCount(), 2);
        QTRY_VERIFY(!chat().generating());
        QCOMPARE(m_port->calls.filter(QStringLiteral("send")),
                 QStringList(QStringLiteral("send 0 Hello you")));
        QCOMPARE(textOf(QStringLiteral("composerInput")), QString());
        QTRY_COMPARE(textOf(QStringLiteral("usageText")),
                     QStringLiteral("1,216 of 1,248\u00a0tokens from disk\u00a0· "
                                    "first\u00a0token\u00a084\u00a0ms\u00a0· 42\u00a0tokens/s"));
        QCOMPARE(quick()->title(), QStringLiteral("Hello you – Kvasir"));
    }

    void a_private_chat_is_marked_while_it_lasts()
    {
        start();
        click(find(QStringLiteral("privateButton")));
        QTRY_VERIFY(isShown(find(QStringLiteral("privateMark"))));
        click(find(QStringLiteral("endPrivateButton")));
        QTRY_VERIFY(!isShown(find(QStringLiteral("privateMark"))));
        QTest::keyClick(quick(), Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_VERIFY(isShown(find(QStringLiteral("privateMark"))));
        QVERIFY(chat().send(QStringLiteral("Between us")));
        QTRY_COMPARE(chat().messages()->rowCount(), 2);
        QVERIFY(isShown(find(QStringLiteral("privateMark"))));
        QCOMPARE(find(QStringLiteral("conversationList"))->property("count").toInt(), 0);
        QTest::keyClick(quick(), Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY(!isShown(find(QStringLiteral("privateMark"))));
        click(find(QStringLiteral("privateButton")));
        QTRY_COMPARE(chat().messages()->rowCount(), 2);
        QTRY_VERIFY(isShown(find(QStringLiteral("privateMark"))));
    }

    void shift_enter_breaks_the_line()
    {
        start();
        type(QStringLiteral("one"));
        QTest::keyClick(quick(), Qt::Key_Return, Qt::ShiftModifier);
        type(QStringLiteral("two"));
        QTRY_COMPARE(chat().draft(), QStringLiteral("one\ntwo"));
        QVERIFY(m_port->calls.isEmpty());
    }

    void the_composer_grows_to_eight_lines_and_no_more()
    {
        start();
        QQuickItem *input = find(QStringLiteral("composerInput"));
        QQuickItem *view = input->parentItem()->parentItem();
        const double one = view->height();
        chat().setDraft(QStringLiteral("1\n2\n3"));
        QTRY_VERIFY(view->height() > one);
        chat().setDraft(QStringLiteral("1\n2\n3\n4\n5\n6\n7\n8"));
        const double eight = view->height();
        QVERIFY(eight >= input->height());
        chat().setDraft(QStringLiteral("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11"));
        QCOMPARE(view->height(), eight);
        QVERIFY(input->height() > eight);
    }

    void send_becomes_stop_while_generating()
    {
        m_port->script.holdsAfterPieces = true;
        start();
        type(QStringLiteral("Go"));
        click(find(QStringLiteral("sendButton")));
        QTRY_VERIFY(isShown(find(QStringLiteral("stopButton"))));
        QVERIFY(!isShown(find(QStringLiteral("sendButton"))));
        QTRY_COMPARE(chat().messages()->rowCount(), 2);
        click(find(QStringLiteral("stopButton")));
        QTRY_VERIFY(isShown(find(QStringLiteral("sendButton"))));
        QTRY_VERIFY(textOf(QStringLiteral("usageText")).startsWith(QStringLiteral("Stopped\u00a0· ")));
    }

    void escape_stops()
    {
        m_port->script.holdsAfterPieces = true;
        start();
        type(QStringLiteral("Go"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(chat().messages()->rowCount(), 2);
        QTest::keyClick(quick(), Qt::Key_Escape);
        QTRY_VERIFY(!chat().generating());
        QVERIFY(m_port->calls.last().startsWith(QStringLiteral("stop ")));
    }

    void prefill_progress_is_shown_until_the_first_word()
    {
        const qint64 id = beginAnswer();
        m_port->setPrefill(id, 512, 1248);
        QTRY_COMPARE(textOf(QStringLiteral("prefillText")),
                     QStringLiteral("Reading 512 of 1,248\u00a0tokens"));
        QVERIFY(isShown(find(QStringLiteral("prefillBar"))));
        m_port->grow(id, QStringLiteral("Word"));
        QTRY_VERIFY(!isShown(find(QStringLiteral("prefillBar"))));
    }

    void thoughts_are_folded_above_the_answer_until_they_are_opened()
    {
        const qint64 id = beginAnswer();
        m_port->growReasoning(id, QStringLiteral("Two and two."), 4, 12300);
        QTRY_COMPARE(textOf(QStringLiteral("reasoningText")), QStringLiteral("Thinking… 12\u00a0s"));
        QTRY_VERIFY(isShown(find(QStringLiteral("reasoningLine"))));
        QVERIFY(!isShown(find(QStringLiteral("prefillBar"))));
        QVERIFY(!isShown(find(QStringLiteral("reasoningBlocks"))));

        click(find(QStringLiteral("reasoningLine")));
        QTRY_VERIFY(isShown(find(QStringLiteral("reasoningBlocks"))));
        QTRY_VERIFY(find(QStringLiteral("reasoningBlocks"))->height() > 10);
        m_port->grow(id, QStringLiteral("Four."));
        QTRY_COMPARE(textOf(QStringLiteral("reasoningText")),
                     QStringLiteral("Thought for 12\u00a0s · 4\u00a0tokens"));
        m_port->finishHeld(id);
        QVERIFY(isShown(find(QStringLiteral("reasoningBlocks"))));

        // By the keyboard, too; and what is copied is the answer.
        find(QStringLiteral("reasoningLine"))->forceActiveFocus(Qt::TabFocusReason);
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_VERIFY(!isShown(find(QStringLiteral("reasoningBlocks"))));
        QTest::keyClick(quick(), Qt::Key_Space);
        QTRY_VERIFY(isShown(find(QStringLiteral("reasoningBlocks"))));
        chat().copyMessage(chat().messages()->index(1).data(MessageListModel::IdRole).toLongLong());
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("Four."));
    }

    void an_answer_that_was_only_thought_about_can_go_on()
    {
        MessageItem item;
        item.role = MessageRole::Assistant;
        item.reasoning = QStringLiteral("Two and two.");
        item.reasoningTokens = 4;
        const qint64 id = m_port->addConversation(QStringLiteral("One"), { item });
        start();
        click(row(id));
        QTRY_COMPARE(textOf(QStringLiteral("messageError")),
                     QStringLiteral("The model ended without an answer."));
        click(find(QStringLiteral("retryButton")));
        QTRY_COMPARE(m_port->calls.last(), QStringLiteral("retry %1").arg(id));
    }

    void thinking_is_chosen_only_where_the_model_thinks()
    {
        start();
        QVERIFY(!isShown(find(QStringLiteral("thinkingChip"))));
        m_port->offerThinking({ true, true, true, 4096 });
        QTRY_VERIFY(isShown(find(QStringLiteral("thinkingChip"))));
        click(find(QStringLiteral("thinkingChip")));
        QTRY_VERIFY(isShown(find(QStringLiteral("thinkingSwitch"))));
        click(find(QStringLiteral("thinkingSwitch")));
        QTRY_VERIFY(!chat().thinking());
        QCOMPARE(m_port->calls.last(), QStringLiteral("thinking 0 4096"));

        m_port->offerThinking({ true, false, false, 1024 });
        QTRY_VERIFY(!isShown(find(QStringLiteral("thinkingSwitch"))));
        QVERIFY(chat().thinking()); // it can't leave it
        QTRY_VERIFY(textOf(QStringLiteral("thinkingLimitText")).contains(QStringLiteral("1,024")));
    }

    void a_suggestion_starts_the_chat()
    {
        start();
        QVERIFY(isShown(find(QStringLiteral("starterRemark"))));
        QQuickItem *suggestion = find(QStringLiteral("suggestion1"));
        const QString text = suggestion->property("text").toString();
        click(suggestion);
        QTRY_COMPARE(chat().messages()->rowCount(), 2);
        QCOMPARE(m_port->calls.first(), QStringLiteral("send 0 ") + text);
    }

    void a_prompt_is_written_for_the_chat_and_kept()
    {
        start();
        click(find(QStringLiteral("promptChip")));
        QTRY_VERIFY(isShown(find(QStringLiteral("writeOwnPrompt"))));
        click(find(QStringLiteral("writeOwnPrompt")));
        QTRY_VERIFY(isShown(find(QStringLiteral("usePromptButton"))));
        QVERIFY(!find(QStringLiteral("savePromptButton"))->isEnabled());
        click(find(QStringLiteral("promptName")));
        type(QStringLiteral("Sailor"));
        click(find(QStringLiteral("promptText")));
        type(QStringLiteral("Speak like a sailor."));
        QTRY_VERIFY(find(QStringLiteral("savePromptButton"))->isEnabled());
        click(find(QStringLiteral("savePromptButton")));
        QTRY_COMPARE(m_port->prompts.size(), 1);
        QCOMPARE(m_port->prompts.first().text, QStringLiteral("Speak like a sailor."));
        QTRY_COMPARE(chat().promptLabel(), QStringLiteral("Sailor"));
        QTRY_COMPARE(textOf(QStringLiteral("promptChip")), QStringLiteral("Sailor"));
    }

    void an_error_is_shown_with_a_way_on()
    {
        m_port->script.error = QStringLiteral("The model's file is gone. Choose another model.");
        start();
        type(QStringLiteral("Go"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(textOf(QStringLiteral("messageError")), m_port->script.error);
        QTRY_VERIFY(isShown(find(QStringLiteral("retryButton"))));
        m_port->script.error.clear();
        click(find(QStringLiteral("retryButton")));
        QVERIFY(chat().generating());
        QTRY_VERIFY(!chat().generating());
        QCOMPARE(chat().messages()->rowCount(), 2);
        QTRY_VERIFY(!isShown(find(QStringLiteral("retryButton"))));
    }

    void the_list_follows_the_end_only_from_the_end()
    {
        const qint64 id = addLongChat();
        m_port->script.holdsAfterPieces = true;
        start();
        click(row(id));
        QTRY_COMPARE(chat().messages()->rowCount(), 200);
        QTRY_VERIFY(distanceToEnd() < 1);
        type(QStringLiteral("Go"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(chat().messages()->rowCount(), 202);
        for (int i = 0; i < 30; ++i) {
            m_port->grow(id, QStringLiteral("One more paragraph.\n\n"));
            QTest::qWait(1);
        }
        QTRY_VERIFY(distanceToEnd() < 1);
        QVERIFY(!isShown(find(QStringLiteral("jumpButton"))));

        QQuickItem *list = find(QStringLiteral("messageList"));
        wheel(list, 45);
        QTRY_VERIFY(!list->property("sticksToEnd").toBool());
        QTRY_VERIFY(!list->property("moving").toBool());
        QVERIFY(distanceToEnd() > 20);
        const double y = list->property("contentY").toDouble();
        for (int i = 0; i < 30; ++i) {
            m_port->grow(id, QStringLiteral("And another.\n\n"));
            QTest::qWait(1);
        }
        QCOMPARE(list->property("contentY").toDouble(), y);
        QTRY_VERIFY(isShown(find(QStringLiteral("jumpButton"))));
        click(find(QStringLiteral("jumpButton")));
        QTRY_VERIFY(distanceToEnd() < 1);
        QTRY_VERIFY(!isShown(find(QStringLiteral("jumpButton"))));
    }

    void a_long_chat_makes_only_what_is_seen()
    {
        const qint64 id = addLongChat();
        start();
        click(row(id));
        QTRY_COMPARE(chat().messages()->rowCount(), 200);
        QTRY_VERIFY(distanceToEnd() < 1);
        qsizetype messages = 0;
        for (QQuickItem *item : items())
            messages += item->property("messageId").isValid() ? 1 : 0;
        QVERIFY2(messages > 2 && messages < 40, qPrintable(QString::number(messages)));
    }

    void a_stream_of_5000_tokens_leaves_the_keyboard_alive()
    {
        beginAnswer();
        const auto shown = [&] {
            return chat().messages()->index(1).data(MessageListModel::TextRole).toString();
        };
        QString whole;
        QString typed;
        for (int piece = 0; piece < 1250; ++piece) { // of four tokens each
            const QString text =
                piece % 50 == 49 ? QStringLiteral("and so on.\n\n") : QStringLiteral("the bees went on ");
            m_port->grow(chat().currentId(), text);
            whole += text;
            QCoreApplication::processEvents();
            if (piece % 50 != 0)
                continue;
            type(QStringLiteral("x"));
            typed += u'x';
            QCOMPARE(chat().draft(), typed);
            QCOMPARE(shown(), whole);
        }
        QVERIFY(chat().generating());
        m_port->finishHeld(chat().currentId());
        QVERIFY(!chat().generating());
        QCOMPARE(shown(), whole);
        QTRY_VERIFY(distanceToEnd() < 1);
        auto *blocks = qobject_cast<MarkdownBlockModel *>(
            chat().messages()->index(1).data(MessageListModel::BlocksRole).value<QObject *>());
        QVERIFY(blocks);
        // Each of the 1,250 pieces looked at the tail alone.
        QVERIFY(blocks->splitter().parsedCharacters() < 1250 * 3600);
    }
};

QTEST_MAIN(WindowChatTest)
#include "window_chat_test.moc"
