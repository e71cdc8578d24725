#pragma once

#include "tests/support/fake_answer_settings_port.h"
#include "tests/support/fake_chat_port.h"
#include "tests/support/fake_context_port.h"
#include "tests/support/fake_model_port.h"
#include "tests/support/fake_profile_port.h"
#include "tests/support/fake_storage_port.h"
#include "ui/controllers/chat_controller.h"
#include "ui/controllers/chat_list_controller.h"
#include "ui/controllers/model_controller.h"
#include "ui/controllers/profile_controller.h"
#include "ui/controllers/ui_settings.h"
#include "ui/window.h"

#include <QQuickItem>
#include <QQuickWindow>
#include <QTest>

#include <functional>
#include <memory>

/// The real window over the fake ports, driven with keys and the mouse. Each test file derives one class from
/// it.
class WindowTest : public QObject {
    Q_OBJECT

protected:
    using ChatController = kvasir::ui::ChatController;
    using ChatListController = kvasir::ui::ChatListController;
    using ModelController = kvasir::ui::ModelController;

    std::unique_ptr<kvasir::ui::FakeChatPort> m_port;
    std::unique_ptr<kvasir::ui::FakeContextPort> m_context;
    std::unique_ptr<kvasir::ui::FakeAnswerSettingsPort> m_answers;
    std::unique_ptr<kvasir::ui::FakeModelPort> m_models;
    std::unique_ptr<kvasir::ui::FakeProfilePort> m_profiles;
    std::unique_ptr<kvasir::ui::FakeStoragePort> m_storage;
    std::unique_ptr<kvasir::ui::UiSettings> m_settings;
    std::unique_ptr<kvasir::ui::Window> m_window;

    /// Makes the window, once the ports hold what it shall find.
    void start(int width = 1100, int height = 760);

    QQuickWindow *quick() const { return m_window->quickWindow(); }
    ChatController &chat() const { return m_window->controller(); }
    ChatListController &chats() const { return m_window->chats(); }
    ModelController &models() const { return m_window->models(); }

    QList<QQuickItem *> items() const;
    /// The item of this name that is shown, or else any.
    QQuickItem *find(const QString &name) const;
    QString textOf(const QString &name) const;
    /// The row of a chat in the side bar.
    QQuickItem *row(qint64 conversationId) const;
    /// What is shown and has this value.
    QQuickItem *itemWith(const char *property, const QString &value) const;
    static bool isShown(const QQuickItem *item);
    static QQuickItem *within(QQuickItem *parent, const QString &name);
    static QPoint centre(const QQuickItem *item);

    void click(QQuickItem *item) const;
    void type(const QString &text) const;
    void wheel(QQuickItem *item, int degrees) const;
    /// Lays out what waits for the next frame: an item can be shown before it is in its place.
    void settle() const { quick()->grabWindow(); }

    /// The window with a chat of one question and its answer, opened.
    void openChat(const QString &question, const QString &answer, const QString &reasoning = {});
    /// The window with a new chat whose answer has begun, and has no word yet.
    qint64 beginAnswer();
    /// Goes on until it is so and not much further, where what is done meanwhile is looked at.
    static void step(const std::function<bool()> &isSo, int limitMs = 5000);

    /// A chat of 200 messages.
    qint64 addLongChat();
    double distanceToEnd() const;
    /// Of what is shown, every control.
    void checkNames() const;

private slots:
    void init();
    void cleanup();
};
