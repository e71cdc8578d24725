// kvasir-ui-bench: how soon the window is there and how smoothly it goes on, with 2,000 chats, one of them of
// 10,000 messages and one with a long answer, on real storage with the real engine. Prints each figure with
// its aim.

#include "app/services/profile_host.h"
#include "app/services/qt_answer_settings_port.h"
#include "app/services/qt_chat_list_port.h"
#include "app/services/qt_chat_port.h"
#include "app/services/qt_context_port.h"
#include "app/services/qt_model_port.h"
#include "app/services/qt_profile_port.h"
#include "app/services/qt_storage_port.h"
#include "tests/ui/bench/made_chats.h"
#include "tests/ui/bench/meters.h"
#include "ui/controllers/chat_controller.h"
#include "ui/controllers/chat_list_controller.h"
#include "ui/controllers/model_controller.h"
#include "ui/controllers/search_controller.h"
#include "ui/controllers/ui_settings.h"
#include "ui/window.h"

#include <QCommandLineParser>
#include <QGuiApplication>
#include <QProcess>
#include <QQuickItem>
#include <QQuickWindow>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>

using namespace kvasir;
using namespace kvasir::bench;
using ui::ConversationListModel;

namespace {

constexpr double kFrameMs = 32;
// The starter model takes 2,048.
constexpr int kPromptTokens = 1500;
constexpr int kLongPromptTokens = 2100; // more than 4,096 of other vocabularies
constexpr int kDisplayMs = 16; // a display's frame: what is left of it is the event loop's
constexpr double kStride = 4800;
constexpr double kWheel = 200;
constexpr int kFrames = 1000;
constexpr int kSettleMs = 2000;
constexpr int kLongAnswerFrames = 60;
constexpr int kWindowWidth = 1280;
constexpr int kWindowHeight = 800;

void print(const char *what, double value, const char *unit, const char *aim)
{
    std::printf("%-52s %8.1f %-3s (aim: %s)\n", what, value, unit, aim);
    std::fflush(stdout);
}

int fail(const QString &why)
{
    std::fprintf(stderr, "kvasir-ui-bench: %s\n", qUtf8Printable(why));
    return 1;
}

/// The program as `main` puts it together.
struct Application {
    explicit Application(const QString &folder)
        : host({ folder.toStdString() })
        , chat(app::ChatSettings {})
        , list(chat)
        , context(chat)
        , answers(chat)
        , models(chat, app::starter_model_path())
        , storage(host, chat)
        , profiles(host, chat, models, std::nullopt)
        , opened(profiles.openFirst(host.book().last_used().id))
    {
        settings.setWindowSize(kWindowWidth, kWindowHeight);
        window = std::make_unique<ui::Window>(
            ui::WindowPorts { chat, list, context, answers, models, profiles, storage }, settings);
    }

    ui::ChatController &chats() { return window->controller(); }
    QQuickWindow &quick() { return *window->quickWindow(); }
    QQuickItem *messages() { return quick().findChild<QQuickItem *>(QStringLiteral("messageList")); }

    ui::UiSettings settings;
    app::ProfileHost host;
    app::QtChatPort chat;
    app::QtChatListPort list;
    app::QtContextPort context;
    app::QtAnswerSettingsPort answers;
    app::QtModelPort models;
    app::QtStoragePort storage;
    app::QtProfilePort profiles;
    app::Outcome<void> opened;
    std::unique_ptr<ui::Window> window;
};

/// Rows that exist, also those out of sight and those kept for reuse.
int delegates_alive(QQuickItem &list)
{
    const auto *content = list.property("contentItem").value<QQuickItem *>();
    int alive = 0;
    for (const QQuickItem *item : content->childItems())
        alive += item->property("messageId").isValid() ? 1 : 0;
    return alive;
}

qint64 chat_called(Application &application, const char *title)
{
    const auto *rows = application.window->chats().conversations();
    for (int row = 0; row < rows->rowCount(); ++row) {
        const QModelIndex index = rows->index(row, 0);
        if (index.data(ConversationListModel::TitleRole).toString() == QLatin1String(title))
            return index.data(ConversationListModel::IdRole).toLongLong();
    }
    return 0;
}

/// From the click to the frame that shows the chat's end.
bool measure_opening(Application &application, const char *title, int messages)
{
    const qint64 id = chat_called(application, title);
    QElapsedTimer since;
    since.start();
    application.chats().open(id);
    if (!wait_until([&] { return application.chats().messages()->rowCount() == messages; }))
        return false;
    frame_after(application.quick(), [] {});
    const std::string what = std::string("“") + title + "”, from the click to its end on the screen";
    print(what.c_str(), double(since.elapsed()), "ms", "at once");
    const double distance = application.messages()->property("distanceToEnd").toDouble();
    print("  distance to its end", distance, "px", "0");
    return true;
}

void scroll_by(QQuickItem &list, double pixels)
{
    QMetaObject::invokeMethod(&list, "scrollBy", Q_ARG(double, pixels));
}

QQuickItem *scroll_bar(const QQuickItem &list)
{
    for (QQuickItem *child : list.childItems()) {
        if (child->inherits("QQuickScrollBar"))
            return child;
    }
    return nullptr;
}

/// From the end to the beginning in great strides.
void measure_length(Application &application)
{
    QQuickItem &list = *application.messages();
    const QQuickItem *bar = scroll_bar(list);
    const auto position = [bar] { return bar ? bar->property("position").toDouble() : 0.0; };
    int mostDelegates = 0;
    double largestMove = 0;
    while (list.property("contentY").toDouble() > list.property("originY").toDouble() + 1) {
        const double before = position();
        frame_after(application.quick(), [&] { scroll_by(list, -kStride); });
        mostDelegates = std::max(mostDelegates, delegates_alive(list));
        largestMove = std::max(largestMove, std::abs(position() - before));
    }
    print("end to end: delegates alive at most", mostDelegates, "", "60");
    print("  the scroll bar moves in a stride at most by", 100 * largestMove, "%", "no jumps");
}

/// One answer of hundreds of blocks: opened, then read from its end to its beginning.
bool measure_long_answer(Application &application)
{
    const LatencyMeter meter;
    if (!measure_opening(application, kLongAnswerTitle, 2))
        return false;
    wait_until([] { return false; }, kSettleMs);
    print("  event loop late meanwhile, at most", meter.samples().quantile(1), "ms", "50");
    QQuickItem &list = *application.messages();
    const Samples frames =
        paced_frames(application.quick(), kLongAnswerFrames, kDisplayMs, [&] { scroll_by(list, -kWheel); });
    print("  scrolling through it: slowest frame", frames.quantile(1), "ms", "32");
    return true;
}

/// As fast as a person turns a wheel and still sees something.
void measure_frames(Application &application)
{
    QQuickItem &list = *application.messages();
    const Samples frames =
        paced_frames(application.quick(), kFrames, kDisplayMs, [&] { scroll_by(list, kWheel); });
    print("scrolling by 200 pixels: frames under 32 ms", 100 * frames.share_below(kFrameMs), "%", "99");
    print("  median", frames.quantile(0.5), "ms", "-");
    print("  99th percentile", frames.quantile(0.99), "ms", "32");
    print("  99.9th percentile", frames.quantile(0.999), "ms", "32");
    print("  slowest", frames.quantile(1), "ms", "-");
}

void measure_search(Application &application)
{
    ui::SearchController &search = application.window->search();
    for (const char *text : { "patience", "gravity reading", "zzz" }) {
        Samples answers;
        for (int round = 0; round < 10; ++round) {
            search.clear();
            QElapsedTimer since;
            since.start();
            QMetaObject::Connection found;
            bool is_found = false;
            found = QObject::connect(&application.list, &ui::ChatListPort::found, [&] { is_found = true; });
            application.list.search(QString::fromLatin1(text));
            wait_until([&] { return is_found; });
            QObject::disconnect(found);
            answers.add(double(since.nsecsElapsed()) / 1e6);
        }
        const std::string what = std::string("search for “") + text + "”, median of 10";
        print(what.c_str(), answers.quantile(0.5), "ms", "100");
    }
}

void report(const char *what, const LatencyMeter &meter)
{
    const std::string name = std::string("event loop late, 99th percentile: ") + what;
    print(name.c_str(), meter.samples().quantile(0.99), "ms", "50");
    print("  at most", meter.samples().quantile(1), "ms", "-");
}

/// What a person does elsewhere in the window meanwhile must not stutter.
void measure_latency(Application &application, const QString &model)
{
    {
        const LatencyMeter meter;
        if (model.isEmpty())
            application.window->models().useStarter();
        else
            application.window->models().open(model);
        wait_until([&] { return application.window->models().state() != ui::ModelController::Ready; }, 1000);
        wait_until([&] { return application.window->models().state() == ui::ModelController::Ready; });
        report("model load", meter);
    }
    application.chats().newChat();
    {
        const LatencyMeter meter;
        application.chats().send(
            QString::fromStdString(long_prompt(model.isEmpty() ? kPromptTokens : kLongPromptTokens)));
        const auto *messages = application.chats().messages();
        int tokens = 0;
        wait_until(
            [&] {
                if (messages->rowCount() < 2)
                    return false;
                const QModelIndex answer = messages->index(messages->rowCount() - 1);
                tokens = std::max(tokens, answer.data(ui::MessageListModel::PrefillTotalRole).toInt());
                return answer.data(ui::MessageListModel::StatusRole).toInt() != ui::MessageListModel::Waiting;
            },
            240'000);
        report(("prefill of " + std::to_string(tokens) + " tokens").c_str(), meter);
    }
    {
        const LatencyMeter meter;
        wait_until([&] { return !application.chats().generating(); }, 10'000);
        report("generation", meter);
        application.chats().stop();
        wait_until([&] { return !application.chats().generating(); });
    }
    {
        const LatencyMeter meter;
        for (const char *text : { "h", "ho", "hon", "hone", "honey", "the", "a" }) {
            application.window->search().setText(QString::fromLatin1(text));
            wait_until([&] { return application.window->search().answered(); });
        }
        report("search", meter);
    }
}

/// All chats out of the database and into it again.
void measure_transfer(Application &application, const QString &folder)
{
    bool ended = false;
    QObject::connect(&application.list, &ui::ChatListPort::transferEnded, application.window->quickWindow(),
                     [&] { ended = true; });
    const auto measured = [&](const char *what, const std::function<void()> &begin) {
        const LatencyMeter meter;
        QElapsedTimer since;
        since.start();
        ended = false;
        begin();
        wait_until([&] { return ended; }, 240'000);
        print(what, double(since.elapsed()) / 1000, "s", "-");
        report(what, meter);
    };
    const QString file = folder + QStringLiteral("/chats.json");
    measured("export of 2,000 chats", [&] { application.list.exportChats({}, ui::ExportForm::Json, file); });
    measured("import of 2,000 chats", [&] { application.list.importChats(file); });
}

struct Wishes {
    QString folder;
    QString model; ///< empty: the starter model
    bool framesOnly = false;
};

int measure(const Wishes &wishes, const QElapsedTimer &since)
{
    Application application(wishes.folder);
    if (!application.opened)
        return fail(QString::fromStdString(application.opened.error()));
    if (!application.window->quickWindow())
        return fail(QStringLiteral("no window"));
    if (!wait_until([&] { return application.window->chats().conversations()->rowCount() >= kChats; }))
        return fail(QStringLiteral("there are no chats in that folder"));
    frame_after(application.quick(), [] {});
    print("first frame with the chats, from the program's start", double(since.elapsed()), "ms", "1000");
    if (!measure_long_answer(application))
        return fail(QStringLiteral("the long answer did not open"));
    if (!measure_opening(application, kStoryTitle, kLongChatMessages))
        return fail(QStringLiteral("the long chat did not open"));
    measure_length(application);
    measure_frames(application);
    if (wishes.framesOnly)
        return 0;
    measure_search(application);
    measure_latency(application, wishes.model);
    measure_transfer(application, wishes.folder);
    return 0;
}

} // namespace

int main(int argc, char *argv[])
{
    QElapsedTimer since;
    since.start();
    qputenv("QT_QUICK_BACKEND", "software");
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QGuiApplication application(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("Measures the window with 2,000 chats, one of them long."));
    const QCommandLineOption data(QStringLiteral("data"),
                                  QStringLiteral("Measure with what was made there before."),
                                  QStringLiteral("folder"));
    const QCommandLineOption make(QStringLiteral("make"), QStringLiteral("Only make the chats there."),
                                  QStringLiteral("folder"));
    const QCommandLineOption model(QStringLiteral("model"),
                                   QStringLiteral("Answers in the place of the starter model."),
                                   QStringLiteral("file"));
    const QCommandLineOption frames(QStringLiteral("frames"), QStringLiteral("Only measure scrolling."));
    parser.addOptions({ data, make, model, frames });
    parser.addHelpOption();
    parser.process(application);

    if (parser.isSet(make)) {
        const std::string problem = make_chats({ parser.value(make).toStdString() });
        return problem.empty() ? 0 : fail(QString::fromStdString(problem));
    }
    if (parser.isSet(data))
        return measure({ parser.value(data), parser.value(model), parser.isSet(frames) }, since);

    QTemporaryDir folder;
    const std::string problem = make_chats({ folder.path().toStdString() });
    if (!problem.empty())
        return fail(QString::fromStdString(problem));
    // The program's start is measured in a process that has done nothing else.
    QStringList arguments { QStringLiteral("--data"), folder.path(), QStringLiteral("--model"),
                            parser.value(model) };
    if (parser.isSet(frames))
        arguments << QStringLiteral("--frames");
    return QProcess::execute(QCoreApplication::applicationFilePath(), arguments);
}
