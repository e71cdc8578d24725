#include "tests/ui/window_test_support.h"

#include <QClipboard>
#include <QGuiApplication>

using namespace kvasir::ui;

/// What is done with messages that are there: text is selected and copied, and sought.
class WindowReadingTest : public WindowTest {
    Q_OBJECT

    /// The text that begins so, of those shown.
    QQuickItem *text(const QString &beginning) const
    {
        for (QQuickItem *item : items()) {
            if (item->inherits("QQuickTextEdit") && isShown(item) && item->property("readOnly").toBool()
                && plain(item).startsWith(beginning))
                return item;
        }
        return nullptr;
    }
    static QString plain(QQuickItem *item)
    {
        QString text;
        QMetaObject::invokeMethod(item, "getText", Q_RETURN_ARG(QString, text), Q_ARG(int, 0),
                                  Q_ARG(int, item->property("length").toInt()));
        return text;
    }
    /// Before the character, in the window.
    static QPoint placeOf(QQuickItem *item, int position)
    {
        QRectF rect;
        QMetaObject::invokeMethod(item, "positionToRectangle", Q_RETURN_ARG(QRectF, rect),
                                  Q_ARG(int, position));
        return item->mapToScene(rect.center()).toPoint();
    }
    static QString selected(QQuickItem *item) { return item->property("selectedText").toString(); }
    void drag(QPoint from, QPoint to) const
    {
        QTest::mousePress(quick(), Qt::LeftButton, Qt::NoModifier, from);
        for (int step = 1; step <= 4; ++step)
            QTest::mouseMove(quick(), from + (to - from) * step / 4);
        QTest::mouseRelease(quick(), Qt::LeftButton, Qt::NoModifier, to);
        QTest::qWait(1);
    }
    /// Three clicks; Qt Test's own come too slowly for one another.
    void clickThrice(QPoint at) const
    {
        for (int event = 1; event <= 6; ++event) {
            const bool press = event % 2;
            qt_handleMouseEvent(quick(), at, quick()->mapToGlobal(at), press ? Qt::LeftButton : Qt::NoButton,
                                Qt::LeftButton, press ? QEvent::MouseButtonPress : QEvent::MouseButtonRelease,
                                Qt::NoModifier, event);
        }
        QCoreApplication::processEvents();
    }
    /// Of those shown.
    int countOf(const QString &name) const
    {
        int count = 0;
        for (const QQuickItem *item : items())
            count += item->objectName() == name && isShown(item) ? 1 : 0;
        return count;
    }
    bool isInSight(const QString &name) const
    {
        settle();
        const QQuickItem *item = find(name);
        const QQuickItem *list = find(QStringLiteral("messageList"));
        return isShown(item) && list->contains(list->mapFromScene(centre(item)));
    }
    static QString copied(QQuickWindow *window)
    {
        QGuiApplication::clipboard()->clear();
        QTest::keyClick(window, Qt::Key_C, Qt::ControlModifier);
        return QGuiApplication::clipboard()->text();
    }

    const QString m_answer =
        QStringLiteral("Honey and water.\n\n```\nferment();\n```\n\nThen wait for weeks.");

private slots:
    void a_drag_selects_from_one_block_into_another()
    {
        openChat(QStringLiteral("What is mead?"), m_answer);
        drag(placeOf(text(QStringLiteral("Honey")), 6), placeOf(text(QStringLiteral("Then")), 9));
        QTRY_COMPARE(selected(text(QStringLiteral("Then"))), QStringLiteral("Then wait"));
        QCOMPARE(selected(text(QStringLiteral("Honey"))), QStringLiteral("and water."));
        QCOMPARE(selected(text(QStringLiteral("ferment"))), QStringLiteral("ferment();"));
        QCOMPARE(copied(quick()), QStringLiteral("and water.\n\nferment();\n\nThen wait"));
    }

    void a_drag_upwards_selects_the_same()
    {
        openChat(QStringLiteral("What is mead?"), m_answer);
        drag(placeOf(text(QStringLiteral("Then")), 9), placeOf(text(QStringLiteral("Honey")), 6));
        QTRY_COMPARE(selected(text(QStringLiteral("Honey"))), QStringLiteral("and water."));
        QCOMPARE(copied(quick()), QStringLiteral("and water.\n\nferment();\n\nThen wait"));
    }

    void a_drag_that_comes_back_selects_in_its_block_alone()
    {
        openChat(QStringLiteral("What is mead?"), m_answer);
        QQuickItem *first = text(QStringLiteral("Honey"));
        QQuickItem *last = text(QStringLiteral("Then"));
        QTest::mousePress(quick(), Qt::LeftButton, Qt::NoModifier, placeOf(first, 6));
        QTest::mouseMove(quick(), placeOf(last, 4));
        QTRY_COMPARE(selected(last), QStringLiteral("Then"));
        QTest::mouseMove(quick(), placeOf(first, 9));
        QTRY_COMPARE(selected(last), QString());
        QTest::mouseRelease(quick(), Qt::LeftButton, Qt::NoModifier, placeOf(first, 9));
        QCOMPARE(selected(first), QStringLiteral("and"));
        QCOMPARE(copied(quick()), QStringLiteral("and"));
    }

    void a_drag_beyond_the_edge_scrolls_and_selects_on()
    {
        QStringList paragraphs;
        for (int i = 0; i < 120; ++i)
            paragraphs << QStringLiteral("Paragraph %1 of a long story.").arg(i);
        openChat(QStringLiteral("What is mead?"), paragraphs.join(QStringLiteral("\n\n")));
        QQuickItem *list = find(QStringLiteral("messageList"));
        QMetaObject::invokeMethod(list, "scrollBy", Q_ARG(double, -100'000));
        QTRY_VERIFY(text(QStringLiteral("Paragraph 0")));
        settle();
        QQuickItem *first = text(QStringLiteral("Paragraph 0"));
        QTest::mousePress(quick(), Qt::LeftButton, Qt::NoModifier, placeOf(first, 0));
        QTest::mouseMove(quick(), placeOf(first, 12));
        QTest::mouseMove(quick(), QPoint(centre(list).x(), quick()->height() - 2)); // and not again
        QTRY_VERIFY(!selected(text(QStringLiteral("Paragraph 0"))).isEmpty());
        QTRY_VERIFY(distanceToEnd() < 100);
        QTest::mouseRelease(quick(), Qt::LeftButton, Qt::NoModifier,
                            QPoint(centre(list).x(), quick()->height() - 2));
        const QString all = copied(quick());
        QVERIFY(all.startsWith(QStringLiteral("Paragraph 0")));
        QVERIFY(all.contains(QStringLiteral("Paragraph 119")));
    }

    void a_selection_ends_where_another_begins()
    {
        openChat(QStringLiteral("What is mead?"), m_answer);
        drag(placeOf(text(QStringLiteral("Honey")), 6), placeOf(text(QStringLiteral("Then")), 9));
        QTRY_VERIFY(!selected(text(QStringLiteral("ferment"))).isEmpty());
        drag(placeOf(text(QStringLiteral("What")), 0), placeOf(text(QStringLiteral("What")), 4));
        QTRY_COMPARE(selected(text(QStringLiteral("ferment"))), QString());
        QCOMPARE(selected(text(QStringLiteral("Then"))), QString());
        QCOMPARE(copied(quick()), QStringLiteral("What"));
    }

    void more_clicks_select_a_word_and_a_paragraph_and_a_key_the_message()
    {
        openChat(QStringLiteral("What is mead?"), m_answer);
        const QPoint water = placeOf(text(QStringLiteral("Honey")), 12);
        QTest::mouseDClick(quick(), Qt::LeftButton, Qt::NoModifier, water);
        QCOMPARE(copied(quick()), QStringLiteral("water"));
        clickThrice(water);
        QCOMPARE(copied(quick()), QStringLiteral("Honey and water."));
        QTest::keyClick(quick(), Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(copied(quick()), QStringLiteral("Honey and water.\n\nferment();\n\nThen wait for weeks."));
    }

    void what_is_sought_is_marked_and_gone_to()
    {
        openChat(QStringLiteral("Honey?"),
                 QStringLiteral("**Honey** and honey.\n\n```\nhoney();\n```\n\n| honey |\n| --- |\n| x |\n"));
        QTest::keyClick(quick(), Qt::Key_F, Qt::ControlModifier);
        QTRY_VERIFY(find(QStringLiteral("findField"))->hasActiveFocus());
        type(QStringLiteral("honey"));
        QTRY_COMPARE(textOf(QStringLiteral("findCount")), QStringLiteral("1 of 5"));
        QTRY_COMPARE(countOf(QStringLiteral("findMark")), 4);
        QTRY_COMPARE(countOf(QStringLiteral("currentMark")), 1);
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(textOf(QStringLiteral("findCount")), QStringLiteral("2 of 5"));
        QTest::keyClick(quick(), Qt::Key_F3, Qt::ShiftModifier);
        QTest::keyClick(quick(), Qt::Key_Return, Qt::ShiftModifier); // before the first is the last
        QTRY_COMPARE(textOf(QStringLiteral("findCount")), QStringLiteral("5 of 5"));
        type(QStringLiteral("z"));
        QTRY_COMPARE(textOf(QStringLiteral("findCount")), QStringLiteral("Not found"));
        checkNames();
        QTest::keyClick(quick(), Qt::Key_Escape);
        QVERIFY(!isShown(find(QStringLiteral("findBar"))));
        QCOMPARE(countOf(QStringLiteral("findMark")), 0);
        QTRY_VERIFY(find(QStringLiteral("composerInput"))->hasActiveFocus());
    }

    void what_is_written_from_right_to_left_is_marked()
    {
        const QString word = QStringLiteral("\u05e9\u05dc\u05d5\u05dd");
        openChat(QStringLiteral("Well?"), word + u' ' + word + QStringLiteral(" again."));
        QTest::keyClick(quick(), Qt::Key_F, Qt::ControlModifier);
        QGuiApplication::clipboard()->setText(word);
        QTest::keyClick(quick(), Qt::Key_V, Qt::ControlModifier);
        QTRY_COMPARE(countOf(QStringLiteral("findMark")), 1);
        QTRY_COMPARE(countOf(QStringLiteral("currentMark")), 1);
        const QQuickItem *current = find(QStringLiteral("currentMark"));
        const QQuickItem *other = find(QStringLiteral("findMark"));
        QVERIFY(current->width() > 10);
        QVERIFY(other->width() > 10);
        QVERIFY(other->x() + other->width() < current->x());
    }

    void what_is_folded_or_not_made_yet_is_found_and_shown()
    {
        const QString honey = QStringLiteral("Honey.\n\n---\n\n").repeated(150);
        openChat(QStringLiteral("Well?"), honey + QStringLiteral("The comb.\n\n---\n\n") + honey,
                 QStringLiteral("A comb, perhaps?"));
        QVERIFY(!text(QStringLiteral("A comb")));
        QVERIFY(!text(QStringLiteral("The comb")));
        QTest::keyClick(quick(), Qt::Key_F, Qt::ControlModifier);
        type(QStringLiteral("comb"));
        QTRY_COMPARE(textOf(QStringLiteral("findCount")), QStringLiteral("1 of 2"));
        QTRY_VERIFY(isInSight(QStringLiteral("currentMark")));
        QVERIFY(text(QStringLiteral("A comb")));
        QTest::keyClick(quick(), Qt::Key_Return);
        QTRY_COMPARE(textOf(QStringLiteral("findCount")), QStringLiteral("2 of 2"));
        QTRY_VERIFY(text(QStringLiteral("The comb")));
        QTRY_VERIFY(isInSight(QStringLiteral("currentMark")));
    }

    void what_is_found_far_away_comes_into_sight()
    {
        const qint64 id = addLongChat();
        start();
        chat().open(id);
        QTRY_COMPARE(chat().messages()->rowCount(), 200);
        settle();
        QTest::keyClick(quick(), Qt::Key_F, Qt::ControlModifier);
        type(QStringLiteral("message 7"));
        QTRY_COMPARE(find(QStringLiteral("findBar"))->property("opened").toBool(), true);
        QTRY_COMPARE(textOf(QStringLiteral("findCount")), QStringLiteral("1 of 11"));
        QTRY_COMPARE(countOf(QStringLiteral("currentMark")), 1);
        QTRY_VERIFY(isInSight(QStringLiteral("currentMark")));
        QTest::keyClick(quick(), Qt::Key_F3);
        QTRY_COMPARE(textOf(QStringLiteral("findCount")), QStringLiteral("2 of 11"));
        QTRY_VERIFY(isInSight(QStringLiteral("currentMark")));
    }

    void a_long_message_of_a_person_is_many_texts_and_one_selection()
    {
        const QString line = QStringLiteral("All the words of an old book. ").repeated(40);
        QStringList lines;
        for (int i = 0; i < 90; ++i)
            lines << QString::number(i) + u' ' + line.trimmed();
        openChat(lines.join(u'\n'), QStringLiteral("Long."));
        chat().openAt(chat().currentId(),
                      chat().messages()->index(0).data(MessageListModel::IdRole).toLongLong());
        settle();
        QQuickItem *part = text(QStringLiteral("0 All"));
        QVERIFY(part);
        QVERIFY(plain(part).size() <= 4000);
        part->forceActiveFocus();
        QTest::keyClick(quick(), Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(copied(quick()), lines.join(u'\n'));
    }
};

QTEST_MAIN(WindowReadingTest)
#include "window_reading_test.moc"
