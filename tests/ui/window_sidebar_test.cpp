#include "tests/ui/window_test_support.h"

#include <QFile>
#include <QTemporaryDir>

using namespace kvasir::ui;

/// The list of chats and the side bar that it is in.
class WindowSidebarTest : public WindowTest {
    Q_OBJECT

private slots:
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
        for (int i = 0; i < 5; ++i) // Rename, Pin, Export, Delete, None
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
        QVERIFY(m_port->list.folders.first().collapsed); // also when it is opened the next time
        QTest::keyClick(quick(), Qt::Key_Right);
        QTRY_VERIFY(chats().conversations()->rowOf(id) > 0);
        QVERIFY(!m_port->list.folders.first().collapsed);
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

    void a_chat_is_exported_from_its_menu()
    {
        const qint64 id = m_port->addConversation(QStringLiteral("Ebb/Flow"), {});
        start();
        row(id)->forceActiveFocus();
        QTest::keyClick(quick(), Qt::Key_F10, Qt::ShiftModifier);
        QTRY_VERIFY(isShown(find(QStringLiteral("exportRow"))));
        settle();
        click(find(QStringLiteral("exportRow")));
        QTRY_VERIFY(isShown(find(QStringLiteral("exportPath"))));
        QVERIFY(textOf(QStringLiteral("exportPath")).contains(QStringLiteral("/Ebb Flow")));
        QVERIFY(textOf(QStringLiteral("exportPath")).endsWith(QStringLiteral(".md")));
        settle();
        click(find(QStringLiteral("exportForm1")));
        QTRY_VERIFY(textOf(QStringLiteral("exportPath")).endsWith(QStringLiteral(".json")));
        find(QStringLiteral("exportPath"))->setProperty("text", QStringLiteral("/tmp/tides.json"));
        click(find(QStringLiteral("exportButton")));
        QTRY_COMPARE(m_port->list.calls.last(), QStringLiteral("export %1 json /tmp/tides.json").arg(id));
        QTRY_COMPARE(textOf(QStringLiteral("transferBar")), QStringLiteral("1 chat exported."));
    }

    void an_import_shows_how_far_it_is_and_can_be_stopped()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath(QStringLiteral("conversations.json")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        m_settings->setModelFolder(QUrl::fromLocalFile(folder.path()));
        start();
        settle();
        click(find(QStringLiteral("transferButton")));
        QTRY_VERIFY(isShown(find(QStringLiteral("importRow"))));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(textOf(QStringLiteral("pickerRow")), QStringLiteral("conversations.json"));
        QTRY_VERIFY(find(QStringLiteral("pickerList"))->hasActiveFocus());
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(m_port->list.calls.last(), QStringLiteral("import ") + file.fileName());
        QTRY_COMPARE(textOf(QStringLiteral("transferBar")), QStringLiteral("Importing chats: 43\u00a0%"));
        settle();
        click(find(QStringLiteral("stopTransferButton")));
        QTRY_VERIFY(textOf(QStringLiteral("transferBar")).contains(QStringLiteral("stopped")));
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
};

QTEST_MAIN(WindowSidebarTest)
#include "window_sidebar_test.moc"
