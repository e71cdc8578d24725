#include "tests/ui/window_test_support.h"

using namespace kvasir::ui;

namespace {

MessageItem messageOf(qint64 id, MessageRole role, const QString &text)
{
    MessageItem item;
    item.id = id;
    item.role = role;
    item.text = text;
    return item;
}

} // namespace

/// The model's context: how full it is, and what happens when it is.
class WindowContextTest : public WindowTest {
    Q_OBJECT

private:
    qint64 openChat(const QVector<MessageItem> &messages)
    {
        const qint64 id = m_port->addConversation(QStringLiteral("Boats"), messages);
        start();
        click(row(id));
        const int count = int(messages.size());
        [&] { QTRY_COMPARE(chat().messages()->rowCount(), count); }();
        return id;
    }
    qint64 openChat()
    {
        return openChat({ messageOf(1, MessageRole::User, QStringLiteral("Hello")),
                          messageOf(2, MessageRole::Assistant, QStringLiteral("Hello.")) });
    }
    int limit() const { return models().contextTokens(); }

private slots:
    void the_meter_tells_how_much_of_the_context_is_taken()
    {
        const qint64 id = openChat();
        QVERIFY(limit() > 0);
        QVERIFY(!isShown(find(QStringLiteral("contextMeter")))); // not measured yet
        m_context->measure(id, { limit() / 4, limit() / 4, 3, ContextPolicyItem::Stop });
        QTRY_VERIFY(isShown(find(QStringLiteral("contextMeter"))));
        QCOMPARE(textOf(QStringLiteral("contextPercent")), QStringLiteral("50 %"));
        QVERIFY(!isShown(find(QStringLiteral("noticeBar"))));

        settle();
        click(find(QStringLiteral("contextMeter")));
        QTRY_VERIFY(isShown(find(QStringLiteral("policyDropOldest"))));
        QCOMPARE(textOf(QStringLiteral("contextLeftOut")), QStringLiteral("3 messages left out"));
        checkNames();
        settle();
        click(find(QStringLiteral("policyDropOldest")));
        QTRY_COMPARE(m_context->calls, QStringList(QStringLiteral("policy %1 2").arg(id)));
        QTRY_VERIFY(isShown(find(QStringLiteral("useForNewChats"))));
        settle();
        click(find(QStringLiteral("useForNewChats")));
        QTRY_COMPARE(m_context->calls.last(), QStringLiteral("new chats 2"));
        QTRY_VERIFY(isShown(find(QStringLiteral("policyOfNewChats"))));
        QTest::keyClick(quick(), Qt::Key_Escape);
        QTRY_VERIFY(!isShown(find(QStringLiteral("policyDropOldest"))));

        QTest::keyClick(quick(), Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY(!isShown(find(QStringLiteral("contextMeter")))); // a new chat takes nothing
    }

    void a_full_chat_asks_what_to_do()
    {
        const qint64 id = openChat();
        m_context->measure(id, { 10, limit() - 15, 0, ContextPolicyItem::Stop });
        QTRY_VERIFY(isShown(find(QStringLiteral("noticeOtherAction"))));
        settle();
        click(find(QStringLiteral("noticeAction")));
        QTRY_COMPARE(m_context->calls, QStringList(QStringLiteral("policy %1 1").arg(id)));
        QTRY_VERIFY(!isShown(find(QStringLiteral("noticeBar")))); // it is decided
    }

    void the_chat_shows_where_the_model_begins_to_read()
    {
        MessageItem first = messageOf(3, MessageRole::User, QStringLiteral("And now?"));
        first.beginsContext = true;
        first.contextSummary = QStringLiteral("They spoke of boats.");
        const qint64 id = openChat({ messageOf(1, MessageRole::User, QStringLiteral("Hello")),
                                     messageOf(2, MessageRole::Assistant, QStringLiteral("Hello.")), first,
                                     messageOf(4, MessageRole::Assistant, QStringLiteral("Now what?")) });
        QTRY_VERIFY(isShown(find(QStringLiteral("contextBreakText"))));
        settle();
        click(find(QStringLiteral("contextSummaryButton")));
        QTRY_VERIFY(isShown(find(QStringLiteral("contextSummary"))));
        settle();
        click(find(QStringLiteral("readAgainButton")));
        QTRY_COMPARE(
            m_context->calls,
            QStringList(QStringLiteral("read again %1 %2")
                            .arg(id)
                            .arg(chat().messages()->index(2).data(MessageListModel::IdRole).toLongLong())));
    }
};

QTEST_MAIN(WindowContextTest)
#include "window_context_test.moc"
