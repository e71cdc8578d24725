#include "tests/ui/window_test_support.h"

#include <QAccessible>
#include <QDeadlineTimer>
#include <QWheelEvent>

using namespace kvasir::ui;

namespace {

void collect(QQuickItem *item, QList<QQuickItem *> &all)
{
    all << item;
    for (QQuickItem *child : item->childItems())
        collect(child, all);
}

} // namespace

void WindowTest::init()
{
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
    m_port = std::make_unique<FakeChatPort>();
    m_context = std::make_unique<FakeContextPort>();
    m_answers = std::make_unique<FakeAnswerSettingsPort>();
    m_models = std::make_unique<FakeModelPort>();
    m_profiles = std::make_unique<FakeProfilePort>();
    m_storage = std::make_unique<FakeStoragePort>();
    m_settings = std::make_unique<UiSettings>();
}

void WindowTest::cleanup()
{
    m_window.reset();
    m_settings.reset();
    m_storage.reset();
    m_profiles.reset();
    m_models.reset();
    m_answers.reset();
    m_context.reset();
    m_port.reset();
}

void WindowTest::start(int width, int height)
{
    m_settings->setReducedMotion(true);
    m_settings->setWindowSize(width, height);
    m_window = std::make_unique<Window>(
        WindowPorts { *m_port, m_port->list, *m_context, *m_answers, *m_models, *m_profiles, *m_storage },
        *m_settings);
    QVERIFY(quick());
    QVERIFY(QTest::qWaitForWindowExposed(quick()));
    QTRY_COMPARE(chats().conversations()->chatCount(), int(m_port->list.conversations.size()));
    QTRY_COMPARE(models().state(), ModelController::Ready);
    // Away from where the test before it left the pointer: only a move is noticed.
    QTest::mouseMove(quick(), QPoint(1, 1));
}

QList<QQuickItem *> WindowTest::items() const
{
    QList<QQuickItem *> all;
    collect(quick()->contentItem(), all);
    return all;
}

QQuickItem *WindowTest::find(const QString &name) const
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

QString WindowTest::textOf(const QString &name) const
{
    const QQuickItem *item = find(name);
    return item ? item->property("text").toString() : QString();
}

QQuickItem *WindowTest::row(qint64 conversationId) const
{
    for (QQuickItem *item : items()) {
        if (item->property("conversationId").toLongLong() == conversationId && isShown(item))
            return item;
    }
    return nullptr;
}

QQuickItem *WindowTest::itemWith(const char *property, const QString &value) const
{
    for (QQuickItem *item : items()) {
        if (item->property(property).toString() == value && isShown(item))
            return item;
    }
    return nullptr;
}

bool WindowTest::isShown(const QQuickItem *item)
{
    return item && item->isVisible() && item->opacity() > 0;
}

QQuickItem *WindowTest::within(QQuickItem *parent, const QString &name)
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

QPoint WindowTest::centre(const QQuickItem *item)
{
    return item->mapToScene(QPointF(item->width() / 2, item->height() / 2)).toPoint();
}

void WindowTest::click(QQuickItem *item) const
{
    QVERIFY(item);
    QTest::mouseMove(quick(), centre(item));
    QTest::mouseClick(quick(), Qt::LeftButton, Qt::NoModifier, centre(item));
}

void WindowTest::type(const QString &text) const
{
    for (const QChar c : text)
        QTest::keyClick(quick(), c.toLatin1());
}

void WindowTest::wheel(QQuickItem *item, int degrees) const
{
    const QPointF at = centre(item);
    QWheelEvent event(at, quick()->mapToGlobal(at), QPoint(), QPoint(0, degrees * 8), Qt::NoButton,
                      Qt::NoModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(quick(), &event);
}

void WindowTest::openChat(const QString &question, const QString &answer, const QString &reasoning)
{
    MessageItem asked;
    asked.role = MessageRole::User;
    asked.text = question;
    MessageItem answered;
    answered.role = MessageRole::Assistant;
    answered.text = answer;
    answered.reasoning = reasoning;
    const qint64 id = m_port->addConversation(QStringLiteral("Mead"), { asked, answered });
    start();
    chat().open(id);
    step([this] { return chat().messages()->rowCount() == 2; });
    settle();
}

qint64 WindowTest::beginAnswer()
{
    m_port->script.pieces.clear();
    m_port->script.holdsAfterPieces = true;
    start();
    type(QStringLiteral("Go"));
    QTest::keyClick(quick(), Qt::Key_Return);
    step([this] { return chat().messages()->rowCount() == 2; });
    return chat().currentId();
}

void WindowTest::step(const std::function<bool()> &isSo, int limitMs)
{
    const QDeadlineTimer limit(limitMs);
    while (!isSo() && !limit.hasExpired())
        QCoreApplication::processEvents();
    QVERIFY(isSo());
}

qint64 WindowTest::addLongChat()
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

double WindowTest::distanceToEnd() const
{
    return find(QStringLiteral("messageList"))->property("distanceToEnd").toDouble();
}

void WindowTest::checkNames() const
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
