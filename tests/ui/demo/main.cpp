// Shows the window with made-up chats, for looking at and for screenshots. No model, no database.

#include "tests/support/fake_answer_settings_port.h"
#include "tests/support/fake_chat_port.h"
#include "tests/support/fake_context_port.h"
#include "tests/support/fake_model_port.h"
#include "tests/support/fake_profile_port.h"
#include "tests/support/fake_storage_port.h"
#include "tests/ui/demo/scenes.h"
#include "ui/controllers/chat_controller.h"
#include "ui/controllers/search_controller.h"
#include "ui/controllers/ui_settings.h"
#include "ui/window.h"

#include <QCommandLineParser>
#include <QDragEnterEvent>
#include <QGuiApplication>
#include <QImage>
#include <QMimeData>
#include <QMouseEvent>
#include <QQuickItem>
#include <QQuickWindow>
#include <QTimer>

#include <cstdio>

using namespace kvasir::ui;

namespace {

// Long enough for what a scene scripts and for every animation to have ended.
constexpr int kSettleMs = 1500;

void openScene(const QString &scene, FakeChatPort &port, ChatController &controller)
{
    if (scene == u"empty" || scene == u"first" || scene == u"failed")
        return;
    const qint64 id = port.list.conversations.last().id;
    controller.open(id);
    if (scene == u"streaming" || scene == u"waiting" || scene == u"thinking") {
        QTimer::singleShot(100, &port, [&controller] {
            controller.send(QStringLiteral("And in Python, how would I find the best week to bottle it?"));
        });
    }
    if (scene == u"thinking")
        QTimer::singleShot(250, &port, [&port, id] {
            port.growReasoning(
                id, QStringLiteral("They ask for Python. A list of weekly readings is enough:"), 96, 4200);
        });
    if (scene == u"waiting")
        QTimer::singleShot(500, &port, [&port, id] { port.setPrefill(id, 512, 1248); });
}

/// Also finds what a view made, which is nobody's QObject child.
QObject *findItem(QQuickItem *item, const QString &objectName)
{
    if (item->objectName() == objectName && item->isVisible())
        return item;
    for (QQuickItem *child : item->childItems()) {
        if (QObject *found = findItem(child, objectName))
            return found;
    }
    return item->parentItem() ? nullptr : item->window()->findChild<QObject *>(objectName);
}

bool press(QQuickWindow &window, const QString &objectName)
{
    QObject *item = findItem(window.contentItem(), objectName);
    return item && QMetaObject::invokeMethod(item, "clicked");
}

void movePointer(QQuickWindow &window, QPointF position)
{
    QMouseEvent event(QEvent::MouseMove, position, window.mapToGlobal(position), Qt::NoButton, Qt::NoButton,
                      Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &event);
}

void dragFile(QQuickWindow &window, const QString &file)
{
    auto *data = new QMimeData; // lives as long as the drag, which does not end
    data->setUrls({ QUrl::fromLocalFile(file) });
    QDragEnterEvent enter(QPoint(200, 200), Qt::CopyAction, data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &enter);
}

} // namespace

int main(int argc, char *argv[])
{
    QGuiApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOptions({
        { QStringLiteral("scene"), sceneNames().join(u'|'), QStringLiteral("name"), QStringLiteral("chat") },
        { QStringLiteral("theme"), QStringLiteral("light|dark|system"), QStringLiteral("name"),
          QStringLiteral("system") },
        { QStringLiteral("size"), QStringLiteral("window size"), QStringLiteral("WxH"),
          QStringLiteral("1280x800") },
        { QStringLiteral("scale"), QStringLiteral("text size, 0.8 to 2"), QStringLiteral("factor"),
          QStringLiteral("1") },
        { QStringLiteral("press"), QStringLiteral("click an item by its object name; may be repeated"),
          QStringLiteral("name") },
        { QStringLiteral("pointer"), QStringLiteral("where the mouse is"), QStringLiteral("X,Y") },
        { QStringLiteral("scroll"), QStringLiteral("scroll the messages down, or up if negative"),
          QStringLiteral("pixels") },
        { QStringLiteral("drag"), QStringLiteral("hold a file over the window"), QStringLiteral("file") },
        { QStringLiteral("search"), QStringLiteral("text in the search field"), QStringLiteral("text") },
        { QStringLiteral("find"), QStringLiteral("text to find in the chat"), QStringLiteral("text") },
        { QStringLiteral("draft"), QStringLiteral("text in the composer"), QStringLiteral("text") },
        { QStringLiteral("screenshot"), QStringLiteral("write a picture of the window and quit"),
          QStringLiteral("file") },
    });
    parser.process(app);

    FakeChatPort port;
    FakeModelPort models;
    FakeContextPort context;
    FakeAnswerSettingsPort answers;
    const QString scene = parser.value(QStringLiteral("scene"));
    if (!fillScene(scene, port, models)) {
        std::fprintf(stderr, "There is no scene named %s.\n", qPrintable(scene));
        return 2;
    }
    UiSettings settings;
    const QString theme = parser.value(QStringLiteral("theme"));
    settings.setThemeMode(theme == u"dark"        ? UiSettings::Dark
                              : theme == u"light" ? UiSettings::Light
                                                  : UiSettings::System);
    settings.setFontScale(parser.value(QStringLiteral("scale")).toDouble());
    const QStringList size = parser.value(QStringLiteral("size")).split(u'x');
    settings.setWindowSize(size.value(0).toInt(), size.value(1).toInt());

    FakeProfilePort profiles;
    FakeStoragePort storage;
    Window window({ port, port.list, context, answers, models, profiles, storage }, settings);
    QQuickWindow *quickWindow = window.quickWindow();
    if (!quickWindow)
        return 1;
    QTimer::singleShot(50, &app, [&] {
        openScene(scene, port, window.controller());
        context.measure(window.controller().currentId(), { 46, 622, 0, ContextPolicyItem::Stop });
    });
    QTimer::singleShot(300, &app, [&] {
        window.search().setText(parser.value(QStringLiteral("search")));
        if (parser.isSet(QStringLiteral("find"))) {
            QMetaObject::invokeMethod(findItem(quickWindow->contentItem(), QStringLiteral("findBar")),
                                      "open");
            findItem(quickWindow->contentItem(), QStringLiteral("findField"))
                ->setProperty("text", parser.value(QStringLiteral("find")));
        }
        if (parser.isSet(QStringLiteral("draft")))
            window.controller().setDraft(parser.value(QStringLiteral("draft")));
        for (const QString &name : parser.values(QStringLiteral("press"))) {
            if (!press(*quickWindow, name))
                std::fprintf(stderr, "There is nothing to press named %s.\n", qPrintable(name));
        }
        if (parser.isSet(QStringLiteral("scroll"))) {
            QMetaObject::invokeMethod(findItem(quickWindow->contentItem(), QStringLiteral("messageList")),
                                      "scrollBy",
                                      Q_ARG(double, parser.value(QStringLiteral("scroll")).toDouble()));
        }
        if (parser.isSet(QStringLiteral("drag")))
            dragFile(*quickWindow, parser.value(QStringLiteral("drag")));
        const QStringList pointer = parser.value(QStringLiteral("pointer")).split(u',');
        if (pointer.size() == 2)
            movePointer(*quickWindow, QPointF(pointer[0].toDouble(), pointer[1].toDouble()));
    });
    if (parser.isSet(QStringLiteral("screenshot"))) {
        QTimer::singleShot(kSettleMs, &app, [&] {
            const QString file = parser.value(QStringLiteral("screenshot"));
            const bool saved = quickWindow->grabWindow().save(file);
            if (!saved)
                std::fprintf(stderr, "%s could not be written.\n", qPrintable(file));
            QCoreApplication::exit(saved ? 0 : 1);
        });
    }
    return QGuiApplication::exec();
}
