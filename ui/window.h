#pragma once

#include <memory>

class QQuickWindow;
class QString;

namespace kvasir::ui {

class AnswerSettingsPort;
class ChatController;
class ChatListController;
class ChatListPort;
class ChatPort;
class ContextController;
class ContextPort;
class ModelController;
class ModelPort;
class ProfileController;
class ProfilePort;
class SearchController;
class StorageController;
class StoragePort;
class TransferController;
class UiSettings;

/// Everything that the window asks of the application.
struct WindowPorts {
    ChatPort &chat;
    ChatListPort &chats;
    ContextPort &context;
    AnswerSettingsPort &answers;
    ModelPort &models;
    ProfilePort &profiles;
    StoragePort &storage;
};

/// The chat window. Make one after the QGuiApplication, on its thread; it shows itself.
/// Sets the application's font, icon and way of drawing text, which belong to the look.
class Window {
public:
    /// All of them must live longer than the window.
    Window(const WindowPorts &ports, UiSettings &settings);
    ~Window();

    /// Null when the QML could not be loaded, which the log says.
    QQuickWindow *quickWindow() const;
    ChatController &controller();
    ChatListController &chats();
    SearchController &search();
    TransferController &transfer();
    ContextController &context();
    ModelController &models();
    ProfileController &profiles();
    StorageController &storage();

private:
    struct Private;
    std::unique_ptr<Private> d;
};

/// What a person sees instead of the chat window when it can't be opened: why, and a button that closes it.
class ErrorWindow {
public:
    explicit ErrorWindow(const QString &message);
    ~ErrorWindow();

    QQuickWindow *quickWindow() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace kvasir::ui
