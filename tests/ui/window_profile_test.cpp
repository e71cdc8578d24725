#include "tests/ui/window_test_support.h"
#include "ui/controllers/storage_controller.h"

#include <QDir>
#include <QTemporaryDir>
#include <utility>

using namespace kvasir::ui;

/// Profiles, and what is kept on the disk of each.
class WindowProfileTest : public WindowTest {
    Q_OBJECT

    QQuickItem *choice(const QString &name, const QString &text) const
    {
        for (QQuickItem *item : items()) {
            if (item->objectName() == name && item->property("text").toString() == text && isShown(item))
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
        click(find(QStringLiteral("confirmDeleteProfile")));
        QTRY_VERIFY(!profileRow(QStringLiteral("Office")));
        QCOMPARE(m_profiles->calls,
                 QStringList({ QStringLiteral("create Novel"), QStringLiteral("open novel"),
                               QStringLiteral("rename work Office"), QStringLiteral("delete work") }));
    }

    void the_open_profile_is_deleted_by_way_of_another_and_the_only_one_stays()
    {
        start();
        openProfiles();
        click(within(profileRow(QStringLiteral("Default")), QStringLiteral("deleteProfileButton")));
        QTRY_VERIFY(isShown(find(QStringLiteral("confirmDeleteProfile"))));
        settle();
        click(find(QStringLiteral("confirmDeleteProfile")));
        QTRY_COMPARE(textOf(QStringLiteral("profileChip")), QStringLiteral("Work"));
        QCOMPARE(m_profiles->calls,
                 QStringList({ QStringLiteral("delete default"), QStringLiteral("open work") }));
        QTRY_VERIFY(!isShown(find(QStringLiteral("profileList"))));
        openProfiles();
        QTRY_VERIFY(
            !within(profileRow(QStringLiteral("Work")), QStringLiteral("deleteProfileButton"))->isEnabled());
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
                 QStringLiteral("404.5\u00a0MB of up to 32.0\u00a0GB · the disk has 121.3\u00a0GB free"));
        QCOMPARE(textOf(QStringLiteral("storageSaved")),
                 QStringLiteral(
                     "So far, 50,432\u00a0tokens did not have to be computed again. That saved 6\u00a0min."));
        settle();
        QQuickItem *log = itemWith("owner", QStringLiteral("conversation:2"));
        QCOMPARE(log->property("sizeText").toString(),
                 QStringLiteral("88.4\u00a0MB, of which 26.4\u00a0MB are shared"));
        QCOMPARE(log->property("useText").toString(),
                 QStringLiteral("Used yesterday · 9,216\u00a0tokens reused · 1\u00a0min saved"));
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
        QTRY_COMPARE(textOf(QStringLiteral("quotaText")),
                     QStringLiteral("32.0\u00a0GB, chosen for this disk"));
        QVERIFY(!find(QStringLiteral("applyStorageButton"))->isEnabled());
        find(QStringLiteral("quotaSlider"))->forceActiveFocus(Qt::TabFocusReason);
        QTest::keyClick(quick(), Qt::Key_Left);
        QTRY_COMPARE(textOf(QStringLiteral("quotaText")), QStringLiteral("16.0\u00a0GB"));
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

    void the_place_is_a_folder_that_is_looked_for()
    {
        const QTemporaryDir folder;
        QVERIFY(QDir(folder.path()).mkdir(QStringLiteral("fast")));
        m_storage->storage.settings.folder = folder.path();
        start(1180, 900);
        openStorage();
        click(find(QStringLiteral("storagePages1")));
        QTRY_COMPARE(textOf(QStringLiteral("placeText")), folder.path());
        settle();
        click(find(QStringLiteral("choosePlaceButton")));
        QTRY_COMPARE(textOf(QStringLiteral("placeRow")), QStringLiteral("fast"));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(textOf(QStringLiteral("placePlace")), folder.filePath(QStringLiteral("fast")));
        settle();
        click(find(QStringLiteral("placeOpenButton")));
        QTRY_COMPARE(textOf(QStringLiteral("placeText")), folder.filePath(QStringLiteral("fast")));
        QTRY_VERIFY(isShown(find(QStringLiteral("bringAlongBox"))));
        settle();
        click(find(QStringLiteral("applyStorageButton")));
        QTRY_VERIFY(m_storage->calls.contains(
            QStringLiteral("move %1 1").arg(folder.filePath(QStringLiteral("fast")))));
        QTRY_VERIFY(!isShown(find(QStringLiteral("bringAlongBox"))));

        click(find(QStringLiteral("profilePlaceButton")));
        QTRY_COMPARE(textOf(QStringLiteral("placeText")), QStringLiteral("With the profile"));
        QTRY_VERIFY(isShown(find(QStringLiteral("bringAlongBox"))));
        settle();
        click(find(QStringLiteral("bringAlongBox")));
        click(find(QStringLiteral("applyStorageButton")));
        QTRY_VERIFY(m_storage->calls.contains(QStringLiteral("move  0")));
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
        m_storage->storage.problem.clear();
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
};

QTEST_MAIN(WindowProfileTest)
#include "window_profile_test.moc"
