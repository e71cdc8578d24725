#include "tests/support/fake_chat_port.h"
#include "ui/controllers/chat_controller.h"
#include "ui/controllers/chat_list_controller.h"
#include "ui/controllers/search_controller.h"
#include "ui/controllers/ui_settings.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QRegularExpression>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

using namespace kvasir::ui;

namespace {

MessageItem user(const QString &text)
{
    MessageItem item;
    item.text = text;
    return item;
}

} // namespace

class ChatControllerTest : public QObject {
    Q_OBJECT

private slots:
    void a_new_chat_exists_once_something_is_sent()
    {
        FakeChatPort port;
        ChatListController list(port.list);
        ChatController chat(port, list);
        QCOMPARE(chat.currentId(), 0);
        QVERIFY(!chat.send(QStringLiteral("  \n")));
        QVERIFY(chat.send(QStringLiteral(" Hello ")));
        QVERIFY(chat.generating());
        QVERIFY(!chat.send(QStringLiteral("again")));
        QTRY_VERIFY(!chat.generating());
        QCOMPARE(port.calls.filter(QStringLiteral("send")), QStringList(QStringLiteral("send 0 Hello")));
        QVERIFY(chat.currentId() != 0);
        QCOMPARE(chat.messages()->rowCount(), 2);
        QCOMPARE(chat.currentTitle(), QStringLiteral("Hello"));
    }

    void a_private_chat_is_in_no_list_and_is_gone_when_it_ends()
    {
        FakeChatPort port;
        const qint64 other = port.addConversation(QStringLiteral("Other"), { user(QStringLiteral("x")) });
        ChatListController list(port.list);
        ChatController chat(port, list);
        QTRY_COMPARE(list.conversations()->chatCount(), 1);
        chat.openPrivate();
        QVERIFY(chat.isPrivate());
        QVERIFY(!chat.hasPrivateChat());
        chat.usePromptText(QStringLiteral("Be brief."));
        QVERIFY(chat.send(QStringLiteral("Between us")));
        QTRY_VERIFY(!chat.generating());
        QVERIFY(chat.isPrivate());
        const qint64 id = chat.currentId();
        QVERIFY(id != 0);
        QCOMPARE(chat.promptText(), QStringLiteral("Be brief."));
        QCOMPARE(list.conversations()->chatCount(), 1);
        QVERIFY(chat.send(QStringLiteral("And more")));
        QTRY_COMPARE(chat.messages()->rowCount(), 4);

        chat.open(other);
        QVERIFY(!chat.isPrivate());
        QTRY_COMPARE(chat.messages()->rowCount(), 1);
        chat.openPrivate();
        chat.setDraft(QStringLiteral("To be said"));
        chat.open(other);
        QCOMPARE(chat.draft(), QString());
        chat.openPrivate();
        QCOMPARE(chat.draft(), QStringLiteral("To be said"));
        QCOMPARE(chat.currentId(), id);
        QTRY_COMPARE(chat.messages()->rowCount(), 4);
        chat.endPrivate();
        QVERIFY(!chat.isPrivate());
        QVERIFY(!chat.hasPrivateChat());
        QCOMPARE(chat.currentId(), 0);
        QCOMPARE(
            port.calls.filter(QRegularExpression(QStringLiteral("^(send|end)"))),
            QStringList({ QStringLiteral("send privately Between us"),
                          QStringLiteral("send %1 And more").arg(id), QStringLiteral("end %1").arg(id) }));
        QVERIFY(chat.send(QStringLiteral("For all")));
        QTRY_COMPARE(list.conversations()->chatCount(), 2);
    }

    void a_chat_left_before_it_exists_does_not_come_back()
    {
        FakeChatPort port;
        const qint64 other = port.addConversation(QStringLiteral("Other"), { user(QStringLiteral("x")) });
        ChatListController list(port.list);
        ChatController chat(port, list);
        QTRY_COMPARE(list.conversations()->chatCount(), 1);
        QVERIFY(chat.send(QStringLiteral("Hello")));
        chat.open(other);
        QVERIFY(!chat.generating());
        QTRY_COMPARE(list.conversations()->chatCount(), 2);
        QTest::qWait(0);
        QCOMPARE(chat.currentId(), other);
        QTRY_COMPARE(chat.messages()->rowCount(), 1);
    }

    void each_chat_keeps_its_own_draft()
    {
        FakeChatPort port;
        const qint64 one = port.addConversation(QStringLiteral("One"), {});
        const qint64 two = port.addConversation(QStringLiteral("Two"), {});
        ChatListController list(port.list);
        ChatController chat(port, list);
        chat.setDraft(QStringLiteral("for a new one"));
        chat.open(one);
        QCOMPARE(chat.draft(), QString());
        chat.setDraft(QStringLiteral("for one"));
        chat.open(two);
        chat.setDraft(QStringLiteral("for two"));
        chat.open(one);
        QCOMPARE(chat.draft(), QStringLiteral("for one"));
        chat.newChat();
        QCOMPARE(chat.draft(), QStringLiteral("for a new one"));
    }

    void drafts_are_kept_by_the_profile()
    {
        FakeChatPort port;
        const qint64 one = port.addConversation(QStringLiteral("One"), {});
        {
            ChatListController list(port.list);
            ChatController chat(port, list);
            QTRY_COMPARE(list.conversations()->chatCount(), 1);
            chat.setDraft(QStringLiteral("for a new one"));
            chat.open(one);
            chat.setDraft(QStringLiteral("for one"));
            QTRY_COMPARE(port.list.newDraft, QStringLiteral("for a new one"));
            QCOMPARE(port.list.find(one)->draft, QStringLiteral("for one"));
            chat.setDraft(QStringLiteral("for one, to its end"));
        }
        QCOMPARE(port.list.find(one)->draft, QStringLiteral("for one, to its end"));
        ChatListController list(port.list);
        ChatController chat(port, list);
        QTRY_COMPARE(chat.draft(), QStringLiteral("for a new one"));
        chat.open(one);
        QCOMPARE(chat.draft(), QStringLiteral("for one, to its end"));
        QVERIFY(chat.send(chat.draft()));
        QTRY_COMPARE(port.list.find(one)->draft, QString());
    }

    void chats_go_where_they_are_dropped()
    {
        FakeChatPort port;
        port.list.folders = { { 7, QStringLiteral("Work") }, { 8, QStringLiteral("Play") } };
        const qint64 one = port.addConversation(QStringLiteral("One"), {});
        const qint64 two = port.addConversation(QStringLiteral("Two"), {});
        const qint64 three = port.addConversation(QStringLiteral("Three"), {});
        ChatListController list(port.list);
        ConversationListModel &rows = *list.conversations();
        QTRY_COMPARE(rows.chatCount(), 3);
        list.dropChat(one, rows.rowOfFolder(8));
        QTRY_COMPARE(rows.folderAt(rows.rowOf(one)), 8);
        list.dropChat(two, rows.rowOf(one)); // onto a chat of the folder
        QTRY_COMPARE(rows.folderAt(rows.rowOf(two)), 8);
        list.setPinned(three, true);
        QTRY_VERIFY(rows.isPinnedAt(rows.rowOf(three)));
        list.dropChat(one, rows.rowOf(three));
        QTRY_COMPARE(rows.pinned(), QVector<qint64>({ one, three }));
        list.movePinned(one, 1);
        QTRY_COMPARE(rows.pinned(), QVector<qint64>({ three, one }));
        list.dropChat(one, -1);
        QTRY_COMPARE(rows.pinned(), QVector<qint64>({ three }));
        QTRY_COMPARE(rows.folderAt(rows.rowOf(one)), 0);
        list.dropFolder(8, rows.rowOfFolder(7));
        QTRY_COMPARE(rows.folders().first().id, 8);
        list.removeFolder(8);
        QTRY_COMPARE(rows.rowOfFolder(8), -1);
        QCOMPARE(rows.chatCount(), 3);
        QVERIFY(rows.rowOf(two) >= 0);
    }

    void a_message_that_was_found_is_sought_once_it_is_loaded()
    {
        FakeChatPort port;
        const qint64 one = port.addConversation(QStringLiteral("One"),
                                                { user(QStringLiteral("a")), user(QStringLiteral("b")) });
        const qint64 message = port.messages[one].last().id;
        ChatListController list(port.list);
        ChatController chat(port, list);
        QVector<int> sought;
        connect(&chat, &ChatController::messageSought, this, [&](int row) { sought << row; });
        chat.openAt(one, message);
        QTRY_COMPARE(sought, QVector<int>({ 1 }));
        chat.openAt(one, message);
        QCOMPARE(sought, QVector<int>({ 1, 1 }));
        chat.openAt(one, 0);
        QCOMPARE(sought.size(), 2);
    }

    void only_the_newest_search_is_shown()
    {
        FakeChatPort port;
        SearchController search(port.list);
        search.setText(QStringLiteral("ti"));
        port.list.results = {
            { 1, QStringLiteral("<b>Tides</b>"), { { 5, true, QStringLiteral("low <b>tide</b>") } }, 3 }
        };
        search.setText(QStringLiteral("tide"));
        QTRY_VERIFY(search.answered());
        QCOMPARE(port.list.calls, QStringList(QStringLiteral("search tide")));
        QCOMPARE(search.results()->rowCount(), 2);
        emit port.list.found(QStringLiteral("older"), {});
        QCOMPARE(search.results()->rowCount(), 2);
        QCOMPARE(search.results()->index(1).data(SearchResultModel::FurtherRole).toInt(), 3);
        search.clear();
        QVERIFY(!search.active());
        QCOMPARE(search.results()->rowCount(), 0);
    }

    void what_could_not_be_sent_is_given_back()
    {
        FakeChatPort port;
        port.failNextSend(QStringLiteral("The disk is full. Free some space and send it again."));
        ChatListController list(port.list);
        ChatController chat(port, list);
        chat.setDraft(QStringLiteral("Precious words"));
        QVERIFY(chat.send(chat.draft()));
        QCOMPARE(chat.draft(), QString());
        QTRY_VERIFY(!chat.notice().isEmpty());
        QCOMPARE(chat.draft(), QStringLiteral("Precious words"));
        QVERIFY(!chat.generating());
        chat.dismissNotice();
        QVERIFY(chat.notice().isEmpty());
    }

    void an_answer_goes_on_while_another_chat_is_open()
    {
        FakeChatPort port;
        port.script.holdsAfterPieces = true;
        const qint64 one = port.addConversation(QStringLiteral("One"), {});
        const qint64 two = port.addConversation(QStringLiteral("Two"), {});
        ChatListController list(port.list);
        ChatController chat(port, list);
        QTRY_COMPARE(list.conversations()->chatCount(), 2);
        chat.open(one);
        QVERIFY(chat.send(QStringLiteral("Go")));
        QTRY_COMPARE(chat.messages()->rowCount(), 2);
        chat.open(two);
        QVERIFY(!chat.generating());
        const auto answering = [&] {
            const int row = list.conversations()->rowOf(one);
            return list.conversations()->index(row).data(ConversationListModel::GeneratingRole).toBool();
        };
        QVERIFY(answering());
        port.grow(one, QStringLiteral("More."));
        chat.open(one);
        QVERIFY(chat.generating());
        QTRY_COMPARE(chat.messages()->rowCount(), 2);
        QTRY_VERIFY(chat.messages()
                        ->index(1)
                        .data(MessageListModel::TextRole)
                        .toString()
                        .endsWith(QStringLiteral("More.")));
        chat.stop();
        QTRY_VERIFY(!chat.generating());
        QVERIFY(!answering());
        QCOMPARE(chat.messages()->index(1).data(MessageListModel::StatusRole).toInt(),
                 int(MessageListModel::Stopped));
    }

    void deleting_the_open_chat_opens_its_neighbour()
    {
        FakeChatPort port;
        const QDateTime now = QDateTime::currentDateTime();
        const qint64 old = port.addConversation(QStringLiteral("Old"), {}, now.addDays(-1));
        const qint64 recent = port.addConversation(QStringLiteral("Recent"), {}, now);
        ChatListController list(port.list);
        ChatController chat(port, list);
        QTRY_COMPARE(list.conversations()->chatCount(), 2);
        chat.open(recent);
        list.remove(recent);
        QTRY_COMPARE(chat.currentId(), old);
        QCOMPARE(list.deletedTitle(), QStringLiteral("Recent"));
        list.undoRemove();
        QVERIFY(!list.canUndoDelete());
        QTRY_COMPARE(list.conversations()->chatCount(), 2);
        list.remove(old);
        QTRY_COMPARE(chat.currentId(), recent);
        list.remove(recent);
        QTRY_COMPARE(chat.currentId(), 0);
    }

    void a_failed_answer_can_be_tried_again()
    {
        FakeChatPort port;
        port.script.error = QStringLiteral("The model's file is gone: choose another one.");
        ChatListController list(port.list);
        ChatController chat(port, list);
        QVERIFY(chat.send(QStringLiteral("Hello")));
        QTRY_VERIFY(!chat.generating());
        const QModelIndex failed = chat.messages()->index(1);
        QCOMPARE(failed.data(MessageListModel::StatusRole).toInt(), int(MessageListModel::Failed));
        QCOMPARE(failed.data(MessageListModel::ErrorRole).toString(), port.script.error);
        port.script.error.clear();
        chat.retry();
        QVERIFY(chat.generating());
        QTRY_VERIFY(!chat.generating());
        QCOMPARE(chat.messages()->rowCount(), 2);
        QCOMPARE(failed.data(MessageListModel::StatusRole).toInt(), int(MessageListModel::Complete));
        QCOMPARE(failed.data(MessageListModel::ErrorRole).toString(), QString());
    }

    void a_fork_of_a_chat_that_was_left_does_not_come_back()
    {
        FakeChatPort port;
        const qint64 one = port.addConversation(QStringLiteral("One"), { user(QStringLiteral("x")) });
        const qint64 two = port.addConversation(QStringLiteral("Two"), {});
        ChatListController list(port.list);
        ChatController chat(port, list);
        QTRY_COMPARE(list.conversations()->chatCount(), 2);
        chat.open(one);
        QTRY_COMPARE(chat.messages()->rowCount(), 1);
        chat.fork(chat.lastOwnMessage());
        chat.open(two);
        QTRY_COMPARE(list.conversations()->chatCount(), 3);
        QTest::qWait(0);
        QCOMPARE(chat.currentId(), two);
    }

    void undo_of_deleted_messages_is_offered_in_their_chat_alone()
    {
        FakeChatPort port;
        const qint64 one = port.addConversation(QStringLiteral("One"),
                                                { user(QStringLiteral("x")), user(QStringLiteral("y")) });
        const qint64 two = port.addConversation(QStringLiteral("Two"), {});
        ChatListController list(port.list);
        ChatController chat(port, list);
        chat.open(one);
        QTRY_COMPARE(chat.messages()->rowCount(), 2);
        chat.deleteMessage(chat.lastOwnMessage());
        QCOMPARE(chat.deletedMessages(), 0); // it may be refused
        QTRY_COMPARE(chat.messages()->rowCount(), 1);
        QCOMPARE(chat.deletedMessages(), 1);
        chat.open(two);
        QCOMPARE(chat.deletedMessages(), 0);
        chat.undoDeleteMessage();
        QVERIFY(port.calls.filter(QStringLiteral("restore-message")).isEmpty());
    }

    void new_chats_start_with_the_default_prompt()
    {
        FakeChatPort port;
        port.prompts = { { 7, QStringLiteral("Friendly"), QStringLiteral("Be kind."), true },
                         { 8, QStringLiteral("Terse"), QStringLiteral("Be short."), false } };
        ChatListController list(port.list);
        ChatController chat(port, list);
        QTRY_COMPARE(chat.promptLabel(), QStringLiteral("Friendly"));
        QVERIFY(chat.send(QStringLiteral("Hello")));
        QTRY_VERIFY(!chat.generating());
        QCOMPARE(port.list.conversations.last().systemText, QStringLiteral("Be kind."));

        chat.setDefaultPrompt(8);
        QTRY_COMPARE(chat.systemPrompts()->defaultPrompt()->id, 8);
        QCOMPARE(chat.promptLabel(), QStringLiteral("Friendly"));
        chat.newChat();
        QCOMPARE(chat.promptLabel(), QStringLiteral("Terse"));
        chat.setDefaultPrompt(0);
        QTRY_VERIFY(!chat.systemPrompts()->defaultPrompt());
    }

    void changing_a_prompt_leaves_old_chats_as_they_are()
    {
        FakeChatPort port;
        port.prompts = { { 7, QStringLiteral("Friendly"), QStringLiteral("Be kind."), true } };
        ChatListController list(port.list);
        ChatController chat(port, list);
        QTRY_COMPARE(chat.promptLabel(), QStringLiteral("Friendly"));
        QVERIFY(chat.send(QStringLiteral("Hello")));
        QTRY_VERIFY(!chat.generating());
        chat.savePrompt(7, QStringLiteral("Friendly"), QStringLiteral("Be very kind."), false);
        QTRY_COMPARE(chat.systemPrompts()->textOf(7), QStringLiteral("Be very kind."));
        QCOMPARE(chat.promptText(), QStringLiteral("Be kind."));
        QCOMPARE(chat.promptLabel(), QStringLiteral("Friendly, changed here"));
        QVERIFY(chat.systemPrompts()->isDefault(7));
    }

    void a_prompt_written_for_one_chat_can_join_the_library()
    {
        FakeChatPort port;
        ChatListController list(port.list);
        ChatController chat(port, list);
        chat.usePromptText(QStringLiteral(" Speak like a sailor. "));
        QCOMPARE(chat.promptLabel(), QStringLiteral("Own prompt"));
        QVERIFY(chat.send(QStringLiteral("Ahoy")));
        QTRY_VERIFY(!chat.generating());
        QCOMPARE(port.list.conversations.last().systemText, QStringLiteral("Speak like a sailor."));
        chat.savePrompt(0, QStringLiteral("Sailor"), chat.promptText(), true);
        QTRY_COMPARE(chat.promptLabel(), QStringLiteral("Sailor"));
        QVERIFY(chat.promptId() > 0);
        chat.savePrompt(0, QStringLiteral("Sailor"), QStringLiteral("twice"), false);
        QCOMPARE(port.calls.filter(QStringLiteral("save-prompt")).size(), 1);
        chat.usePrompt(0);
        QTRY_COMPARE(chat.promptText(), QString());
    }

    void copying_puts_the_whole_text_on_the_clipboard()
    {
        FakeChatPort port;
        ChatListController list(port.list);
        ChatController chat(port, list);
        QVERIFY(chat.send(QStringLiteral("Hello")));
        QTRY_VERIFY(!chat.generating());
        chat.copyMessage(chat.messages()->index(1).data(MessageListModel::IdRole).toLongLong());
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("Hello there."));
    }

    void settings_come_back_and_stay_in_range()
    {
        QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("ui.ini"));
        {
            QSettings store(file, QSettings::IniFormat);
            UiSettings settings(&store);
            settings.setThemeMode(UiSettings::Dark);
            settings.setFontScale(9);
            settings.setSidebarShown(false);
            settings.keepWindow(QWindow::Windowed, 900, 700);
            settings.keepWindow(QWindow::Maximized, 1920, 1080);
        }
        QSettings store(file, QSettings::IniFormat);
        {
            UiSettings settings(&store);
            QVERIFY(settings.windowMaximized());
            QCOMPARE(settings.windowWidth(), 900);
            settings.limitWindow({ 640, 8000 });
            QCOMPARE(settings.windowWidth(), 640);
            QCOMPARE(settings.windowHeight(), 700);
            QCOMPARE(settings.themeMode(), UiSettings::Dark);
            QCOMPARE(settings.fontScale(), UiSettings::kMaxFontScale);
            QVERIFY(!settings.sidebarShown());
        }
        store.setValue(QStringLiteral("ui/fontScale"), QStringLiteral("nan"));
        store.setValue(QStringLiteral("ui/windowWidth"), -5);
        store.setValue(QStringLiteral("ui/theme"), QStringLiteral("purple"));
        const UiSettings settings(&store);
        QCOMPARE(settings.fontScale(), 1.0);
        QVERIFY(settings.windowWidth() > 0);
        UiSettings(&store).limitWindow({ 0, 0 });
        QCOMPARE(settings.themeMode(), UiSettings::System);
    }
};

QTEST_MAIN(ChatControllerTest)
#include "chat_controller_test.moc"
