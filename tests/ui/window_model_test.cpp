#include "tests/ui/window_test_support.h"

#include <QDir>
#include <QDragEnterEvent>
#include <QFile>
#include <QMimeData>
#include <QTemporaryDir>

using namespace kvasir::ui;

/// Models: dropped, picked, refused, told of and set.
class WindowModelTest : public WindowTest {
    Q_OBJECT

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

private slots:
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

    void chats_dropped_anywhere_are_imported()
    {
        start();
        QMimeData files;
        files.setUrls({ QUrl::fromLocalFile(QStringLiteral("/chats/story.JSONL")) });
        QVERIFY(dragOver(files));
        QTRY_COMPARE(textOf(QStringLiteral("dropTitle")), QStringLiteral("Drop to import these chats"));
        drop(files);
        QVERIFY(m_models->calls.isEmpty());
        QCOMPARE(m_port->list.calls.filter(QStringLiteral("import")),
                 QStringList(QStringLiteral("import /chats/story.JSONL")));
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
        QTRY_COMPARE(textOf(QStringLiteral("modelMemory")),
                     QStringLiteral("11.4\u00a0GB of 12.0\u00a0GB available"));
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
        QTRY_COMPARE(textOf(QStringLiteral("contextText")), QStringLiteral("65,536\u00a0tokens"));
        QTRY_VERIFY(textOf(QStringLiteral("memoryDetail")).startsWith(QStringLiteral("Long chats")));
        QCOMPARE(slider->mapToScene({}), place); // a warning moves nothing
        QTest::keyClick(quick(), Qt::Key_Left);
        QTest::keyClick(quick(), Qt::Key_Left);
        QTRY_COMPARE(textOf(QStringLiteral("contextText")), QStringLiteral("16,384\u00a0tokens"));
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
        QTRY_VERIFY(textOf(QStringLiteral("noticeBar")).contains(QStringLiteral("404.0\u00a0GB")));
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
};

QTEST_MAIN(WindowModelTest)
#include "window_model_test.moc"
