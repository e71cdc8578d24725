#include "tests/support/fake_chat_port.h"
#include "tests/support/fake_model_port.h"
#include "tests/support/fake_profile_port.h"
#include "tests/support/fake_storage_port.h"
#include "ui/controllers/chat_controller.h"
#include "ui/controllers/chat_list_controller.h"
#include "ui/controllers/model_controller.h"
#include "ui/controllers/profile_controller.h"
#include "ui/controllers/storage_controller.h"
#include "ui/controllers/ui_settings.h"
#include "ui/models/markdown_block_model.h"
#include "ui/window.h"

#include <QAccessible>
#include <QClipboard>
#include <QDragEnterEvent>
#include <QGuiApplication>
#include <QMimeData>
#include <QQuickItem>
#include <QQuickWindow>
#include <QTemporaryDir>
#include <QTest>
#include <QWheelEvent>

#include <memory>

using namespace kvasir::ui;

namespace {

void collect(QQuickItem *item, QList<QQuickItem *> &all)
{
    all << item;
    for (QQuickItem *child : item->childItems())
        collect(child, all);
}

bool isShown(const QQuickItem *item)
{
    return item && item->isVisible() && item->opacity() > 0;
}

} // namespace

/// The real window over the fake port, driven with keys and the mouse.
class WindowTest : public QObject {
    Q_OBJECT

    std::unique_ptr<FakeChatPort> m_port;
    std::unique_ptr<FakeModelPort> m_models;
    std::unique_ptr<FakeProfilePort> m_profiles;
    std::unique_ptr<FakeStoragePort> m_storage;
    std::unique_ptr<UiSettings> m_settings;
    std::unique_ptr<Window> m_window;

    QQuickWindow *quick() const { return m_window->quickWindow(); }
    ChatController &chat() const { return m_window->controller(); }
    ChatListController &chats() const { return m_window->chats(); }
    ModelController &models() const { return m_window->models(); }

    QList<QQuickItem *> items() const
    {
        QList<QQuickItem *> all;
        collect(quick()->contentItem(), all);
        return all;
    }

    /// The item of this name that is shown, or else any.
    QQuickItem *find(const QString &name) const
    {
        QQuickItem *hidden = nullptr;
        for (QQuickItem *item : items()) {
            if (item->objectName() != name)
                continue;
            if (isShown(item))
                return item;
            hidden = item;
        }
        return hidden;
    }

    QString textOf(const QString &name) const
    {
        const QQuickItem *item = find(name);
        return item ? item->property("text").toString() : QString();
    }

    QQuickItem *row(qint64 conversationId) const
    {
        for (QQuickItem *item : items()) {
            if (item->property("conversationId").toLongLong() == conversationId && isShown(item))
                return item;
        }
        return nullptr;
    }

    static QPoint centre(const QQuickItem *item)
    {
        return item->mapToScene(QPointF(item->width() / 2, item->height() / 2)).toPoint();
    }

    void click(QQuickItem *item) const
    {
        QVERIFY(item);
        QTest::mouseMove(quick(), centre(item));
        QTest::mouseClick(quick(), Qt::LeftButton, Qt::NoModifier, centre(item));
    }

    /// Lays out what waits for the next frame: an item can be shown before it is in its place.
    void settle() const { quick()->grabWindow(); }

    void type(const QString &text) const
    {
        for (const QChar c : text)
            QTest::keyClick(quick(), c.toLatin1());
    }

    void start(int width = 1100, int height = 760)
    {
        m_settings->setReducedMotion(true);
        m_settings->setWindowWidth(width);
        m_settings->setWindowHeight(height);
        m_window = std::make_unique<Window>(
            WindowPorts { *m_port, m_port->list, *m_models, *m_profiles, *m_storage }, *m_settings);
        QVERIFY(quick());
        QVERIFY(QTest::qWaitForWindowExposed(quick()));
        QTRY_COMPARE(chats().conversations()->chatCount(), int(m_port->list.conversations.size()));
        QTRY_COMPARE(models().state(), ModelController::Ready);
    }

    qint64 addLongChat()
    {
        QVector<MessageItem> messages;
        for (int i = 0; i < 200; ++i) {
            MessageItem item;
            item.role = i % 2 ? MessageRole::Assistant : MessageRole::User;
            item.text = QStringLiteral("Message %1\n\nwith a second paragraph.").arg(i);
            messages << item;
        }
        return m_port->addConversation(QStringLiteral("Long"), messages);
    }

    double distanceToEnd() const
    {
        return find(QStringLiteral("messageList"))->property("distanceToEnd").toDouble();
    }

    void wheel(QQuickItem *item, int degrees) const
    {
        const QPointF at = centre(item);
        QWheelEvent event(at, quick()->mapToGlobal(at), QPoint(), QPoint(0, degrees * 8), Qt::NoButton,
                          Qt::NoModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(quick(), &event);
    }

    /// Holds files over the window; whether it would take them.
    bool dragOver(QMimeData &files) const
    {
        QDragEnterEvent enter(QPoint(300, 300), Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(quick(), &enter);
        QDragMoveEvent move(QPoint(320, 300), Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(quick(), &move);
        return move.isAccepted();
    }

    void drop(QMimeData &files) const
    {
        QDropEvent event(QPointF(320, 300), Qt::CopyAction, &files, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(quick(), &event);
    }

    /// The panel with a model that has settings to change.
    void openModelPanel() const
    {
        m_models->setModel(FakeModelPort::larger());
        click(find(QStringLiteral("modelChip")));
        QTRY_VERIFY(isShown(find(QStringLiteral("pickModelRow"))));
    }

    /// Of what is shown, every control.
    void checkNames() const
    {
        int controls = 0;
        for (QQuickItem *item : items()) {
            if (!item->isVisible() || (!item->activeFocusOnTab() && !item->inherits("QQuickAbstractButton")))
                continue;
            QAccessibleInterface *accessible = QAccessible::queryAccessibleInterface(item);
            const QString where =
                QString::fromLatin1(item->metaObject()->className()) + u' ' + item->objectName();
            QVERIFY2(accessible, qPrintable(where));
            if (item->inherits("QQuickScrollBar"))
                continue;
            ++controls;
            QVERIFY2(!accessible->text(QAccessible::Name).isEmpty(), qPrintable(where));
        }
        QVERIFY2(controls > 10, qPrintable(QString::number(controls)));
    }

    QQuickItem *itemWith(const char *property, const QString &value) const
    {
        for (QQuickItem *item : items()) {
            if (item->property(property).toString() == value && isShown(item))
                return item;
        }
        return nullptr;
    }

    QQuickItem *choice(const QString &name, const QString &text) const
    {
        for (QQuickItem *item : items()) {
            if (item->objectName() == name && item->property("text").toString() == text && isShown(item))
                return item;
        }
        return nullptr;
    }

    static QQuickItem *within(QQuickItem *parent, const QString &name)
    {
        QList<QQuickItem *> all;
        if (parent)
            collect(parent, all);
        for (QQuickItem *item : all) {
            if (item->objectName() == name)
                return item;
        }
        return nullptr;
    }

    QQuickItem *profileRow(const QString &name) const
    {
        for (QQuickItem *item : items()) {
            if (item->property("name").toString() == name
                && within(item, QStringLiteral("renameProfileButton")))
                return item->property("renaming").isValid() ? item : nullptr;
        }
        return nullptr;
    }

    void openProfiles() const
    {
        QTRY_VERIFY(!textOf(QStringLiteral("profileChip")).isEmpty());
        settle();
        click(find(QStringLiteral("profileChip")));
        QTRY_VERIFY(isShown(find(QStringLiteral("manageProfiles"))));
        settle();
        click(find(QStringLiteral("manageProfiles")));
        QTRY_VERIFY(isShown(find(QStringLiteral("newProfileName"))));
        settle();
    }

    void openStorage() const
    {
        settle();
        click(find(QStringLiteral("storageButton")));
        QTRY_VERIFY(isShown(find(QStringLiteral("storageTotal"))));
        settle();
    }

private slots:
    void init()
    {
        QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
        m_port = std::make_unique<FakeChatPort>();
        m_models = std::make_unique<FakeModelPort>();
        m_profiles = std::make_unique<FakeProfilePort>();
        m_storage = std::make_unique<FakeStoragePort>();
        m_settings = std::make_unique<UiSettings>();
    }

    void cleanup()
    {
        m_window.reset();
        m_settings.reset();
        m_storage.reset();
        m_profiles.reset();
        m_models.reset();
        m_port.reset();
    }

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
                     QStringLiteral("1,216 of 1,248 tokens from disk · first token 84 ms · 42 tokens/s"));
        QCOMPARE(quick()->title(), QStringLiteral("Hello you – Kvasir"));
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
        QTRY_VERIFY(textOf(QStringLiteral("usageText")).startsWith(QStringLiteral("Stopped · ")));
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
        m_port->script.pieces.clear();
        m_port->script.holdsAfterPieces = true;
        start();
        type(QStringLiteral("Go"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(chat().messages()->rowCount(), 2);
        const qint64 id = chat().currentId();
        m_port->setPrefill(id, 512, 1248);
        QTRY_COMPARE(textOf(QStringLiteral("prefillText")), QStringLiteral("Reading 512 of 1,248 tokens"));
        QVERIFY(isShown(find(QStringLiteral("prefillBar"))));
        m_port->grow(id, QStringLiteral("Word"));
        QTRY_VERIFY(!isShown(find(QStringLiteral("prefillBar"))));
    }

    void thoughts_are_folded_above_the_answer_until_they_are_opened()
    {
        m_port->script.pieces.clear();
        m_port->script.holdsAfterPieces = true;
        start();
        type(QStringLiteral("Go"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(chat().messages()->rowCount(), 2);
        const qint64 id = chat().currentId();
        m_port->growReasoning(id, QStringLiteral("Two and two."), 4, 12300);
        QTRY_COMPARE(textOf(QStringLiteral("reasoningText")), QStringLiteral("Thinking… 12 s"));
        QTRY_VERIFY(isShown(find(QStringLiteral("reasoningLine"))));
        QVERIFY(!isShown(find(QStringLiteral("prefillBar"))));
        QVERIFY(!isShown(find(QStringLiteral("reasoningBlocks"))));

        click(find(QStringLiteral("reasoningLine")));
        QTRY_VERIFY(isShown(find(QStringLiteral("reasoningBlocks"))));
        QTRY_VERIFY(find(QStringLiteral("reasoningBlocks"))->height() > 10);
        m_port->grow(id, QStringLiteral("Four."));
        QTRY_COMPARE(textOf(QStringLiteral("reasoningText")), QStringLiteral("Thought for 12 s · 4 tokens"));
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

    void new_chat_and_switching_by_mouse_and_key()
    {
        MessageItem hello;
        hello.text = QStringLiteral("hello");
        const qint64 one = m_port->addConversation(QStringLiteral("One"), { hello });
        start();
        QCOMPARE(chat().currentId(), 0);
        click(row(one));
        QTRY_COMPARE(chat().messages()->rowCount(), 1);
        QCOMPARE(chat().currentId(), one);
        QVERIFY(find(QStringLiteral("composerInput"))->hasActiveFocus());
        click(find(QStringLiteral("newChatButton")));
        QCOMPARE(chat().currentId(), 0);
        QVERIFY(isShown(find(QStringLiteral("suggestion0"))));
        click(row(one));
        QCOMPARE(chat().currentId(), one);
        QTest::keyClick(quick(), Qt::Key_N, Qt::ControlModifier);
        QCOMPARE(chat().currentId(), 0);
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

    void a_chat_is_renamed_in_place()
    {
        const qint64 id = m_port->addConversation(QStringLiteral("Before"), {});
        start();
        QTest::mouseMove(quick(), centre(row(id)));
        QTRY_VERIFY(isShown(find(QStringLiteral("moreButton"))->parentItem()));
        click(find(QStringLiteral("moreButton")));
        QTRY_VERIFY(isShown(find(QStringLiteral("renameRow"))));
        settle();
        click(find(QStringLiteral("renameRow")));
        QTRY_VERIFY(find(QStringLiteral("renameField"))->hasActiveFocus());
        type(QStringLiteral("After"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(chats().conversations()->find(id)->title, QStringLiteral("After"));

        row(id)->forceActiveFocus();
        QTest::keyClick(quick(), Qt::Key_F2);
        QTRY_VERIFY(find(QStringLiteral("renameField"))->hasActiveFocus());
        type(QStringLiteral("Never"));
        QTest::keyClick(quick(), Qt::Key_Escape);
        QVERIFY(!find(QStringLiteral("renameField"))->isVisible());
        QTest::qWait(0);
        QCOMPARE(chats().conversations()->find(id)->title, QStringLiteral("After"));
    }

    void a_chat_is_put_into_a_new_folder_with_the_menu_key()
    {
        const qint64 id = m_port->addConversation(QStringLiteral("Tides"), {});
        start();
        row(id)->forceActiveFocus();
        QTest::keyClick(quick(), Qt::Key_Menu);
        QTRY_VERIFY(isShown(find(QStringLiteral("newFolderRow"))));
        for (int i = 0; i < 4; ++i) // Rename, Pin, Delete, None
            QTest::keyClick(quick(), Qt::Key_Down);
        QTRY_VERIFY(find(QStringLiteral("newFolderRow"))->hasActiveFocus());
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(chats().folders().size(), 1);
        QTRY_VERIFY(find(QStringLiteral("renameField"))->hasActiveFocus());
        type(QStringLiteral("Sea"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(itemWith("objectName", QStringLiteral("folderRow"))->property("title").toString(),
                     QStringLiteral("Sea"));
        QTRY_VERIFY(m_port->list.find(id)->folderId != 0);

        QTest::keyClick(quick(), Qt::Key_Left);
        QTRY_COMPARE(chats().conversations()->rowOf(id), -1);
        QTest::keyClick(quick(), Qt::Key_Right);
        QTRY_VERIFY(chats().conversations()->rowOf(id) > 0);
        settle();
        QTest::keyClick(quick(), Qt::Key_Down);
        QTRY_VERIFY(row(id)->hasActiveFocus());
    }

    void a_chat_is_dragged_into_a_folder_and_among_the_pinned()
    {
        m_port->list.folders = { { 7, QStringLiteral("Work") } };
        const qint64 pinned = m_port->addConversation(QStringLiteral("Pinned"), {});
        m_port->list.find(pinned)->pinPosition = 0;
        const qint64 id = m_port->addConversation(QStringLiteral("Tides"), {});
        start();
        settle();
        const auto drag = [&](QQuickItem *from, QQuickItem *to) {
            const QPoint begin = centre(from);
            const QPoint end = centre(to);
            QTest::mousePress(quick(), Qt::LeftButton, Qt::NoModifier, begin);
            for (int step = 1; step <= 8; ++step)
                QTest::mouseMove(quick(), begin + (end - begin) * step / 8);
            QTest::mouseRelease(quick(), Qt::LeftButton, Qt::NoModifier, end);
        };
        drag(row(id), find(QStringLiteral("folderRow")));
        QTRY_COMPARE(m_port->list.find(id)->folderId, 7);
        QTRY_COMPARE(chats().conversations()->folderAt(chats().conversations()->rowOf(id)), 7);
        settle();
        drag(row(id), row(pinned));
        QTRY_COMPARE(chats().conversations()->pinned(), QVector<qint64>({ id, pinned }));
    }

    void what_is_found_is_opened_at_its_message()
    {
        const qint64 id = addLongChat();
        const MessageItem sought = m_port->messages[id][20];
        m_port->list.results = { { id,
                                   QStringLiteral("Long"),
                                   { { sought.id, false, QStringLiteral("<b>Message</b> 20 &lt;i&gt;") } },
                                   0 } };
        start();
        QTest::keyClick(quick(), Qt::Key_K, Qt::ControlModifier);
        QTRY_VERIFY(find(QStringLiteral("searchField"))->hasActiveFocus());
        type(QStringLiteral("message"));
        QTRY_VERIFY(isShown(find(QStringLiteral("foundMessage"))));
        QVERIFY(!isShown(find(QStringLiteral("conversationList"))));
        QTest::keyClick(quick(), Qt::Key_Down);
        QTRY_VERIFY(find(QStringLiteral("foundChat"))->hasActiveFocus());
        QTest::keyClick(quick(), Qt::Key_Down);
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(chat().currentId(), id);
        QTRY_VERIFY(isShown(find(QStringLiteral("soughtMark"))));
        QQuickItem *mark = find(QStringLiteral("soughtMark"));
        QCOMPARE(mark->parentItem()->property("messageId").toLongLong(), sought.id);
        const QRectF shown = mark->mapRectToScene(mark->boundingRect());
        QVERIFY(shown.top() > 56 && shown.bottom() < quick()->height() - 100);

        QTest::keyClick(quick(), Qt::Key_K, Qt::ControlModifier);
        QTest::keyClick(quick(), Qt::Key_Escape);
        QTRY_VERIFY(isShown(find(QStringLiteral("conversationList"))));
    }

    void a_deleted_chat_comes_back_with_undo()
    {
        const qint64 id = m_port->addConversation(QStringLiteral("Dear"), {});
        start();
        QTest::mouseMove(quick(), centre(row(id)));
        click(find(QStringLiteral("deleteButton")));
        QTRY_COMPARE(chats().conversations()->chatCount(), 0);
        QTRY_VERIFY(isShown(find(QStringLiteral("undoBar"))));
        click(find(QStringLiteral("undoButton")));
        QTRY_COMPARE(chats().conversations()->chatCount(), 1);
        QVERIFY(!isShown(find(QStringLiteral("undoBar"))));
        QTRY_VERIFY(row(id));
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

    void a_failed_model_says_why_and_nothing_is_sent()
    {
        start();
        ModelItem broken;
        broken.state = ModelItem::State::Failed;
        broken.name = QStringLiteral("broken");
        broken.note = QStringLiteral("broken.gguf ends in the middle. Download it again.");
        m_models->setModel(broken);
        type(QStringLiteral("Go"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QVERIFY(m_port->calls.isEmpty());
        QCOMPARE(chat().draft(), QStringLiteral("Go"));
        click(find(QStringLiteral("modelChip")));
        QTRY_COMPARE(textOf(QStringLiteral("modelNote")), models().note());
        QCOMPARE(textOf(QStringLiteral("noticeBar")), models().note());
        QTRY_VERIFY(isShown(find(QStringLiteral("modelNote"))));
    }

    void a_model_dropped_anywhere_is_opened()
    {
        start();
        QMimeData files;
        files.setUrls({ QUrl::fromLocalFile(QStringLiteral("/models/a.pdf")),
                        QUrl::fromLocalFile(QStringLiteral("/models/big.gguf")) });
        QVERIFY(dragOver(files));
        QTRY_VERIFY(isShown(find(QStringLiteral("dropOverlay"))));
        drop(files);
        QTRY_VERIFY(!isShown(find(QStringLiteral("dropOverlay"))));
        QCOMPARE(m_models->calls, QStringList(QStringLiteral("open /models/big.gguf")));
        QTRY_COMPARE(textOf(QStringLiteral("modelChip")), QStringLiteral("big"));
    }

    void what_is_no_model_can_not_be_dropped()
    {
        start();
        QMimeData files;
        files.setUrls({ QUrl::fromLocalFile(QStringLiteral("/models/a.pdf")),
                        QUrl(QStringLiteral("https://example.org/b.gguf")) });
        QVERIFY(!dragOver(files));
        QVERIFY(!isShown(find(QStringLiteral("dropOverlay"))));
        drop(files);
        QVERIFY(m_models->calls.isEmpty());
    }

    void a_drag_that_leaves_takes_the_overlay_along()
    {
        start();
        QMimeData files;
        files.setUrls({ QUrl::fromLocalFile(QStringLiteral("/models/big.gguf")) });
        QVERIFY(dragOver(files));
        QTRY_VERIFY(isShown(find(QStringLiteral("dropOverlay"))));
        QDragLeaveEvent leave;
        QCoreApplication::sendEvent(quick(), &leave);
        QTRY_VERIFY(!isShown(find(QStringLiteral("dropOverlay"))));
        QVERIFY(m_models->calls.isEmpty());
    }

    void the_panel_tells_of_the_model_and_closes_with_escape()
    {
        start();
        openModelPanel();
        QCOMPARE(textOf(QStringLiteral("modelState")), QStringLiteral("Ready"));
        QTRY_COMPARE(textOf(QStringLiteral("modelMemory")), QStringLiteral("11.4 GB of 12.0 GB available"));
        ModelItem loading = FakeModelPort::larger();
        loading.state = ModelItem::State::Loading;
        loading.progress = 0.43;
        m_models->setModel(loading);
        QTRY_COMPARE(textOf(QStringLiteral("modelState")), QStringLiteral("Loading, 43 %"));
        QVERIFY(isShown(find(QStringLiteral("modelProgress"))));
        QCOMPARE(find(QStringLiteral("modelChip"))->property("detail").toString(), QStringLiteral("43 %"));
        loading.waiting = true;
        m_models->setModel(loading);
        QTRY_COMPARE(textOf(QStringLiteral("modelState")), QStringLiteral("Waits for the answer to end"));
        QTest::keyClick(quick(), Qt::Key_Escape);
        QTRY_VERIFY(!isShown(find(QStringLiteral("pickModelRow"))));
    }

    void the_panel_fits_into_a_small_window()
    {
        start(800, 600);
        m_models->setRecent({ { QStringLiteral("/b.gguf"), QStringLiteral("B"), {} } });
        openModelPanel();
        click(find(QStringLiteral("modelPages1")));
        QTRY_VERIFY(isShown(find(QStringLiteral("contextSlider"))));
        const QQuickItem *title = find(QStringLiteral("modelState"));
        QVERIFY2(title->mapToScene({}).y() > 0, qPrintable(QString::number(title->mapToScene({}).y())));
    }

    void settings_are_reached_and_applied_by_keys()
    {
        start();
        openModelPanel();
        click(find(QStringLiteral("modelPages1")));
        QTRY_VERIFY(isShown(find(QStringLiteral("contextSlider"))));
        QVERIFY(!find(QStringLiteral("applySettingsButton"))->isEnabled());
        QQuickItem *slider = find(QStringLiteral("contextSlider"));
        slider->forceActiveFocus(Qt::TabFocusReason);
        settle();
        const QPointF place = slider->mapToScene({});
        QTest::keyClick(quick(), Qt::Key_Right);
        QTRY_COMPARE(textOf(QStringLiteral("contextText")), QStringLiteral("65,536 tokens"));
        QTRY_VERIFY(textOf(QStringLiteral("memoryDetail")).startsWith(QStringLiteral("Long chats")));
        QCOMPARE(slider->mapToScene({}), place); // a warning moves nothing
        QTest::keyClick(quick(), Qt::Key_Left);
        QTest::keyClick(quick(), Qt::Key_Left);
        QTRY_COMPARE(textOf(QStringLiteral("contextText")), QStringLiteral("16,384 tokens"));
        QStringList visited;
        for (int i = 0; i < 20 && !visited.contains(QStringLiteral("applySettingsButton")); ++i) {
            QTest::keyClick(quick(), Qt::Key_Tab);
            visited << quick()->activeFocusItem()->objectName();
        }
        QVERIFY2(visited.contains(QStringLiteral("kvTypeSegments1")), qPrintable(visited.join(u' ')));
        QTest::keyClick(quick(), Qt::Key_Return);
        QCOMPARE(m_models->calls, QStringList(QStringLiteral("apply 16384 16 0")));
        QTRY_VERIFY(!find(QStringLiteral("applySettingsButton"))->isEnabled());
        QTRY_VERIFY(isShown(find(QStringLiteral("automaticContextButton"))));
    }

    void a_refused_model_says_why_and_the_former_goes_on()
    {
        start();
        ModelOfferItem refused;
        refused.kind = ModelOfferItem::Kind::Refused;
        refused.name = QStringLiteral("llama");
        refused.note = QStringLiteral("llama.gguf is of another kind. Choose another.");
        m_models->setOffer(refused);
        QTRY_COMPARE(textOf(QStringLiteral("noticeBar")), refused.note);
        QCOMPARE(textOf(QStringLiteral("modelChip")), QStringLiteral("Kvasir starter 0.1"));
        type(QStringLiteral("Go"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(chat().messages()->rowCount(), 2);

        click(find(QStringLiteral("noticeAction")));
        QTRY_VERIFY(isShown(find(QStringLiteral("pickerList"))));
        QTest::keyClick(quick(), Qt::Key_Escape);
        QTRY_VERIFY(!isShown(find(QStringLiteral("pickerList"))));
    }

    void a_model_larger_than_memory_waits_for_a_word()
    {
        start();
        ModelOfferItem huge;
        huge.kind = ModelOfferItem::Kind::TooLarge;
        huge.card = FakeModelPort::hugeCard();
        huge.name = huge.card.name;
        m_models->setOffer(huge);
        QTRY_VERIFY(textOf(QStringLiteral("noticeBar")).contains(QStringLiteral("404.0 GB")));
        QVERIFY(textOf(QStringLiteral("noticeBar")).contains(QStringLiteral("slowly")));
        click(find(QStringLiteral("noticeAction")));
        QCOMPARE(m_models->calls, QStringList(QStringLiteral("accept")));
        click(find(QStringLiteral("modelChip")));
        QTRY_VERIFY(isShown(find(QStringLiteral("dismissOfferButton"))));
        QTRY_VERIFY(find(QStringLiteral("dismissOfferButton"))->x() > 0); // it has its place
        click(find(QStringLiteral("dismissOfferButton")));
        QTRY_COMPARE(m_models->calls.last(), QStringLiteral("dismiss"));
        QTRY_VERIFY(!isShown(find(QStringLiteral("noticeBar"))));
    }

    void a_model_that_is_gone_gives_way_to_the_starter()
    {
        start();
        ModelItem gone;
        gone.state = ModelItem::State::Failed;
        gone.name = QStringLiteral("gone");
        gone.note = QStringLiteral("gone.gguf is not there any more.");
        m_models->setModel(gone);
        QTRY_COMPARE(textOf(QStringLiteral("noticeAction")), QStringLiteral("Use the starter model"));
        click(find(QStringLiteral("noticeAction")));
        QTRY_COMPARE(models().state(), ModelController::Ready);
        QCOMPARE(m_models->calls, QStringList(QStringLiteral("starter")));
        QTRY_VERIFY(!isShown(find(QStringLiteral("noticeBar"))));
    }

    void a_model_is_picked_from_its_folder()
    {
        QTemporaryDir folder;
        QVERIFY(QDir(folder.path()).mkdir(QStringLiteral("deeper")));
        for (const char *name : { "deeper/b.GGUF", "deeper/notes.txt" }) {
            QFile file(folder.filePath(QString::fromLatin1(name)));
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write("1234567") == 7);
        }
        m_settings->setModelFolder(QUrl::fromLocalFile(folder.path()));
        start();
        openModelPanel();
        click(find(QStringLiteral("pickModelRow")));
        QTRY_COMPARE(textOf(QStringLiteral("pickerRow")), QStringLiteral("deeper"));
        QTRY_VERIFY(find(QStringLiteral("pickerList"))->hasActiveFocus());
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(textOf(QStringLiteral("pickerRow")), QStringLiteral("b.GGUF"));
        QCOMPARE(find(QStringLiteral("pickerList"))->property("count").toInt(), 1);
        QCOMPARE(textOf(QStringLiteral("pickerPlace")), folder.filePath(QStringLiteral("deeper")));
        QTest::keyClick(quick(), Qt::Key_Backspace);
        QTRY_COMPARE(textOf(QStringLiteral("pickerRow")), QStringLiteral("deeper"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(textOf(QStringLiteral("pickerRow")), QStringLiteral("b.GGUF"));
        click(find(QStringLiteral("pickerOpenButton")));
        QTRY_VERIFY(!isShown(find(QStringLiteral("pickerList"))));
        QCOMPARE(m_models->calls,
                 QStringList(QStringLiteral("open ") + folder.filePath(QStringLiteral("deeper/b.GGUF"))));
        QCOMPARE(m_settings->modelFolder(), QUrl::fromLocalFile(folder.filePath(QStringLiteral("deeper"))));
        QTRY_COMPARE(quick()->activeFocusItem()->objectName(), QStringLiteral("composerInput"));
        openModelPanel();
        click(find(QStringLiteral("pickModelRow")));
        QTRY_VERIFY(isShown(find(QStringLiteral("pickerList"))));
        QVERIFY(find(QStringLiteral("pickerOpenButton"))->isEnabled()); // its first row is chosen again
    }

    void a_typed_path_is_opened()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("typed.gguf"));
        start();
        openModelPanel();
        click(find(QStringLiteral("pickModelRow")));
        QQuickItem *place = find(QStringLiteral("pickerPlace"));
        QTRY_VERIFY(isShown(place));
        place->forceActiveFocus();
        place->setProperty("text", path);
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(m_models->calls, QStringList(QStringLiteral("open ") + path));
        QCOMPARE(m_settings->modelFolder(), QUrl::fromLocalFile(folder.path()));
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
        m_port->script.pieces.clear();
        m_port->script.holdsAfterPieces = true;
        start();
        type(QStringLiteral("Go"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(chat().messages()->rowCount(), 2);
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
        QVERIFY(blocks->splitter().scannedCharacters() < 1250 * 2500);
    }

    void profiles_are_switched_in_the_side_bar()
    {
        m_profiles->holdsOpening = true;
        start();
        QTRY_COMPARE(textOf(QStringLiteral("profileChip")), QStringLiteral("Default"));
        settle();
        click(find(QStringLiteral("profileChip")));
        QTRY_VERIFY(isShown(find(QStringLiteral("manageProfiles"))));
        settle();
        click(choice(QStringLiteral("profileChoice"), QStringLiteral("Work")));
        QCOMPARE(m_profiles->calls, QStringList(QStringLiteral("open work")));
        // Nothing can be typed or clicked until the other profile is there.
        QTRY_COMPARE(textOf(QStringLiteral("openingText")), QStringLiteral("Opening “Work” …"));
        QTRY_VERIFY(isShown(find(QStringLiteral("openingText"))));
        type(QStringLiteral("lost"));
        QCOMPARE(chat().draft(), QString());
        m_profiles->finishOpening();
        QTRY_VERIFY(!isShown(find(QStringLiteral("openingText"))));
        QTRY_COMPARE(textOf(QStringLiteral("profileChip")), QStringLiteral("Work"));
        QTRY_VERIFY(find(QStringLiteral("composerInput"))->hasActiveFocus());
    }

    void another_profile_shows_its_chats_and_drafts_come_back()
    {
        MessageItem hello;
        hello.text = QStringLiteral("hello");
        const qint64 id = m_port->addConversation(QStringLiteral("One"), { hello });
        start();
        click(row(id));
        QTRY_COMPARE(chat().messages()->rowCount(), 1);
        type(QStringLiteral("Unsent"));
        emit m_port->list.profileLeaving();
        const auto former = std::exchange(m_port->list.conversations, {});
        emit m_port->profileChanged();
        QTRY_COMPARE(chats().conversations()->chatCount(), 0);
        QCOMPARE(chat().messages()->rowCount(), 0);
        QCOMPARE(chat().currentId(), 0);
        QCOMPARE(chat().draft(), QString());

        m_port->list.conversations = former;
        emit m_port->profileChanged();
        QTRY_COMPARE(chats().conversations()->chatCount(), 1);
        QTRY_VERIFY(row(id));
        settle();
        click(row(id));
        QTRY_COMPARE(chat().draft(), QStringLiteral("Unsent"));
    }

    void a_profile_is_made_renamed_and_deleted_after_a_question()
    {
        start();
        openProfiles();
        click(find(QStringLiteral("newProfileName")));
        type(QStringLiteral("work"));
        QTRY_VERIFY(!find(QStringLiteral("createProfileButton"))->isEnabled()); // there is one
        find(QStringLiteral("newProfileName"))->setProperty("text", QString());
        type(QStringLiteral("Novel"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(textOf(QStringLiteral("profileChip")), QStringLiteral("Novel"));
        QTRY_VERIFY(!isShown(find(QStringLiteral("profileList"))));

        openProfiles();
        QQuickItem *work = profileRow(QStringLiteral("Work"));
        click(within(work, QStringLiteral("renameProfileButton")));
        QTRY_VERIFY(within(work, QStringLiteral("profileRenameField"))->hasActiveFocus());
        type(QStringLiteral("Office"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_VERIFY(profileRow(QStringLiteral("Office")));
        settle();
        click(within(profileRow(QStringLiteral("Office")), QStringLiteral("deleteProfileButton")));
        QTRY_VERIFY(isShown(find(QStringLiteral("confirmDeleteProfile"))));
        QVERIFY(textOf(QStringLiteral("deleteProfileNotice")).contains(QStringLiteral("Office")));
        settle();
        QVERIFY(
            !within(profileRow(QStringLiteral("Novel")), QStringLiteral("deleteProfileButton"))->isEnabled());
        click(find(QStringLiteral("confirmDeleteProfile")));
        QTRY_VERIFY(!profileRow(QStringLiteral("Office")));
        QCOMPARE(m_profiles->calls,
                 QStringList({ QStringLiteral("create Novel"), QStringLiteral("open novel"),
                               QStringLiteral("rename work Office"), QStringLiteral("delete work") }));
    }

    void a_profile_that_can_not_be_opened_says_why()
    {
        start();
        m_profiles->failWith(QStringLiteral("The profile is in use by the process 7."));
        QTRY_VERIFY(isShown(find(QStringLiteral("profileNotice"))));
        QCOMPARE(textOf(QStringLiteral("profileNotice")),
                 QStringLiteral("The profile is in use by the process 7."));
    }

    void the_storage_page_tells_what_is_kept_and_deletes_it()
    {
        start();
        openStorage();
        QTRY_COMPARE(find(QStringLiteral("storedChats"))->property("count").toInt(), 3);
        QCOMPARE(textOf(QStringLiteral("storageTotal")),
                 QStringLiteral("404.5 MB of up to 32.0 GB · the disk has 121.3 GB free"));
        QCOMPARE(
            textOf(QStringLiteral("storageSaved")),
            QStringLiteral("So far, 50,432 tokens did not have to be computed again. That saved 6 min."));
        settle();
        QQuickItem *log = itemWith("owner", QStringLiteral("conversation:2"));
        QCOMPARE(log->property("sizeText").toString(),
                 QStringLiteral("88.4 MB, of which 26.4 MB are shared"));
        QCOMPARE(log->property("useText").toString(),
                 QStringLiteral("Used yesterday · 9,216 tokens reused · 1 min saved"));
        QVERIFY(log->property("pinned").toBool());
        click(within(log, QStringLiteral("pinButton")));
        QTRY_VERIFY(!log->property("pinned").toBool());
        click(within(log, QStringLiteral("deleteStoredButton")));
        QTRY_COMPARE(find(QStringLiteral("storedChats"))->property("count").toInt(), 2);

        click(find(QStringLiteral("deleteAllButton")));
        QTRY_VERIFY(isShown(find(QStringLiteral("confirmDeleteAll"))));
        settle();
        click(find(QStringLiteral("confirmDeleteAll")));
        QTRY_VERIFY(isShown(find(QStringLiteral("nothingStored"))));
        QTRY_VERIFY(!find(QStringLiteral("deleteAllButton"))->isEnabled());
        QCOMPARE(m_storage->calls,
                 QStringList({ QStringLiteral("pin conversation:2 0"),
                               QStringLiteral("delete conversation:2"), QStringLiteral("delete all") }));
    }

    void limits_are_chosen_and_applied_by_keys()
    {
        start();
        openStorage();
        click(find(QStringLiteral("storagePages1")));
        QTRY_VERIFY(isShown(find(QStringLiteral("quotaSlider"))));
        QTRY_COMPARE(textOf(QStringLiteral("quotaText")), QStringLiteral("32.0 GB, chosen for this disk"));
        QVERIFY(!find(QStringLiteral("applyStorageButton"))->isEnabled());
        find(QStringLiteral("quotaSlider"))->forceActiveFocus(Qt::TabFocusReason);
        QTest::keyClick(quick(), Qt::Key_Left);
        QTRY_COMPARE(textOf(QStringLiteral("quotaText")), QStringLiteral("16.0 GB"));
        QVERIFY(isShown(find(QStringLiteral("automaticQuotaButton"))));
        QTest::keyClick(quick(), Qt::Key_Tab);
        QTest::keyClick(quick(), Qt::Key_Space);
        QTRY_COMPARE(m_window->storage().daysChoice(), 0);
        QQuickItem *encrypt = find(QStringLiteral("encryptBox"));
        encrypt->forceActiveFocus(Qt::TabFocusReason);
        QTest::keyClick(quick(), Qt::Key_Space);
        QTRY_VERIFY(textOf(QStringLiteral("encryptText")).contains(QStringLiteral("will be deleted")));
        find(QStringLiteral("applyStorageButton"))->forceActiveFocus(Qt::TabFocusReason);
        QTest::keyClick(quick(), Qt::Key_Return);
        QCOMPARE(m_storage->calls, QStringList(QStringLiteral("apply 16000000000 7 0")));
        QTRY_VERIFY(!find(QStringLiteral("applyStorageButton"))->isEnabled());
    }

    void saving_that_pauses_is_said()
    {
        m_storage->storage.saving = StorageItem::Saving::DiskFull;
        m_storage->storage.problem = QStringLiteral("The disk is full. Make room, and chats are kept again.");
        start();
        openStorage();
        QTRY_COMPARE(textOf(QStringLiteral("storageNotice")), m_storage->storage.problem);
        QTRY_VERIFY(isShown(find(QStringLiteral("storageNotice"))));
        m_storage->storage.saving = StorageItem::Saving::On;
        m_storage->measure();
        QTRY_VERIFY(!isShown(find(QStringLiteral("storageNotice"))));
    }

    void every_control_of_the_new_panels_has_a_name()
    {
        start(800, 600);
        openProfiles();
        checkNames();
        QTest::keyClick(quick(), Qt::Key_Escape);
        QTRY_VERIFY(!isShown(find(QStringLiteral("profileList"))));
        openStorage();
        QTRY_COMPARE(find(QStringLiteral("storedChats"))->property("count").toInt(), 3);
        settle();
        checkNames();
        click(find(QStringLiteral("storagePages1")));
        QTRY_VERIFY(isShown(find(QStringLiteral("quotaSlider"))));
        settle();
        checkNames();
        // All of it fits, or can be scrolled to.
        const QQuickItem *apply = find(QStringLiteral("applyStorageButton"));
        QVERIFY(apply->mapToScene(QPointF(0, apply->height())).y() < quick()->height());
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

    void the_side_bar_makes_room_and_overlays_when_narrow()
    {
        m_port->addConversation(QStringLiteral("One"), {});
        start(1100, 700);
        QQuickItem *sidebar = find(QStringLiteral("sidebar"));
        QQuickItem *list = find(QStringLiteral("messageList"));
        QCOMPARE(list->mapToScene({}).x(), sidebar->width());
        click(find(QStringLiteral("hideSidebarButton")));
        QTRY_VERIFY(!sidebar->isVisible());
        QCOMPARE(list->mapToScene({}).x(), 0);
        QVERIFY(!m_settings->sidebarShown());
        QTest::keyClick(quick(), Qt::Key_B, Qt::ControlModifier);
        QTRY_VERIFY(sidebar->isVisible());

        quick()->resize(600, 700);
        QTRY_VERIFY(!sidebar->isVisible());
        click(find(QStringLiteral("sidebarButton")));
        QTRY_VERIFY(sidebar->isVisible());
        QCOMPARE(list->mapToScene({}).x(), 0);
        QTest::keyClick(quick(), Qt::Key_Escape);
        QTRY_VERIFY(!sidebar->isVisible());
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

QTEST_MAIN(WindowTest)
#include "window_test.moc"
