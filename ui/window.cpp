#include "ui/window.h"

#include "ui/controllers/answer_settings_controller.h"
#include "ui/controllers/chat_controller.h"
#include "ui/controllers/chat_list_controller.h"
#include "ui/controllers/context_controller.h"
#include "ui/controllers/icon_provider.h"
#include "ui/controllers/model_controller.h"
#include "ui/controllers/profile_controller.h"
#include "ui/controllers/search_controller.h"
#include "ui/controllers/storage_controller.h"
#include "ui/controllers/transfer_controller.h"
#include "ui/controllers/ui_settings.h"

#include <QFont>
#include <QGuiApplication>
#include <QIcon>
#include <QQmlApplicationEngine>
#include <QQuickWindow>
#include <QThreadPool>

// From the generated registration; naming it keeps the linker from leaving it out of a static library.
extern void qml_register_types_Kvasir();

namespace kvasir::ui {
namespace {

void setUpLook()
{
    [[maybe_unused]] volatile auto registration = &qml_register_types_Kvasir;
    // Where there is no GPU to draw with, Qt 6.4 paints with the help of this pool's threads, and has been
    // seen to wait for ever for work that was handed over just when they expired. So they don't.
    QThreadPool::globalInstance()->setExpiryTimeout(-1);
    QFont font = QGuiApplication::font();
    font.setFamilies({ QStringLiteral("Inter"), QStringLiteral("Noto Sans"),
                       QStringLiteral("Noto Sans CJK SC"), QStringLiteral("sans-serif") });
    font.setPixelSize(15);
    QGuiApplication::setFont(font);
    QGuiApplication::setWindowIcon(QIcon(QStringLiteral(":/kvasir/icons/kvasir.svg")));
    QQuickWindow::setTextRenderType(QQuickWindow::NativeTextRendering);
}

QQuickWindow *rootWindow(const QQmlApplicationEngine &engine)
{
    const QList<QObject *> roots = engine.rootObjects();
    return roots.isEmpty() ? nullptr : qobject_cast<QQuickWindow *>(roots.first());
}

} // namespace

struct Window::Private {
    Private(const WindowPorts &ports, UiSettings &settings)
        : chats(ports.chats)
        , search(ports.chats)
        , transfer(ports.chats)
        , controller(ports.chat, chats)
        , models(ports.models)
        , context(ports.context, controller, models)
        , answers(ports.answers, controller)
        , profiles(ports.profiles)
        , storage(ports.storage)
    {
        engine.addImageProvider(QStringLiteral("icons"), new IconProvider);
        engine.addImportPath(QStringLiteral("qrc:/qt/qml"));
        engine.setInitialProperties({ { QStringLiteral("chat"), QVariant::fromValue(&controller) },
                                      { QStringLiteral("chats"), QVariant::fromValue(&chats) },
                                      { QStringLiteral("search"), QVariant::fromValue(&search) },
                                      { QStringLiteral("transfer"), QVariant::fromValue(&transfer) },
                                      { QStringLiteral("models"), QVariant::fromValue(&models) },
                                      { QStringLiteral("context"), QVariant::fromValue(&context) },
                                      { QStringLiteral("answers"), QVariant::fromValue(&answers) },
                                      { QStringLiteral("profiles"), QVariant::fromValue(&profiles) },
                                      { QStringLiteral("storage"), QVariant::fromValue(&storage) },
                                      { QStringLiteral("settings"), QVariant::fromValue(&settings) } });
        engine.load(QUrl(QStringLiteral("qrc:/qt/qml/Kvasir/qml/Main.qml")));
    }

    ChatListController chats;
    SearchController search;
    TransferController transfer;
    ChatController controller;
    ModelController models;
    ContextController context;
    AnswerSettingsController answers;
    ProfileController profiles;
    StorageController storage;
    QQmlApplicationEngine engine; // goes first: its items look at the controllers
};

Window::Window(const WindowPorts &ports, UiSettings &settings)
{
    setUpLook();
    d = std::make_unique<Private>(ports, settings);
}

Window::~Window() = default;

QQuickWindow *Window::quickWindow() const
{
    return rootWindow(d->engine);
}

ChatController &Window::controller()
{
    return d->controller;
}

ChatListController &Window::chats()
{
    return d->chats;
}

SearchController &Window::search()
{
    return d->search;
}

TransferController &Window::transfer()
{
    return d->transfer;
}

ContextController &Window::context()
{
    return d->context;
}

ModelController &Window::models()
{
    return d->models;
}

ProfileController &Window::profiles()
{
    return d->profiles;
}

StorageController &Window::storage()
{
    return d->storage;
}

struct ErrorWindow::Private {
    QQmlApplicationEngine engine;
};

ErrorWindow::ErrorWindow(const QString &message)
    : d(std::make_unique<Private>())
{
    setUpLook();
    d->engine.addImageProvider(QStringLiteral("icons"), new IconProvider);
    d->engine.addImportPath(QStringLiteral("qrc:/qt/qml"));
    d->engine.setInitialProperties({ { QStringLiteral("message"), message } });
    d->engine.load(QUrl(QStringLiteral("qrc:/qt/qml/Kvasir/qml/StartupError.qml")));
}

ErrorWindow::~ErrorWindow() = default;

QQuickWindow *ErrorWindow::quickWindow() const
{
    return rootWindow(d->engine);
}

} // namespace kvasir::ui
