#include "app/logging/logging.h"
#include "app/quit_on_signals.h"
#include "app/services/desktop_keychain.h"
#include "app/services/profile_host.h"
#include "app/services/qt_answer_settings_port.h"
#include "app/services/qt_chat_list_port.h"
#include "app/services/qt_chat_port.h"
#include "app/services/qt_context_port.h"
#include "app/services/qt_model_port.h"
#include "app/services/qt_profile_port.h"
#include "app/services/qt_storage_port.h"
#include "app/version.h"
#include "ui/controllers/ui_settings.h"
#include "ui/window.h"

#include <spdlog/spdlog.h>

#include <QCommandLineParser>
#include <QGuiApplication>
#include <QScreen>
#include <QSettings>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <system_error>

using namespace kvasir;

namespace {

constexpr int kExitBadInput = 2;

struct Arguments {
  app::DataFolder data;
  /// A folder that a person names keeps its secrets within, so that it can be carried elsewhere as a whole.
  bool ownFolder = false;
  std::optional<std::string> profile;
  std::optional<std::filesystem::path> model;
};

/// Qt ends the process where it finds no display; this says what to do instead.
bool hasDisplay() {
  return qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY") ||
         qEnvironmentVariableIsSet("QT_QPA_PLATFORM");
}

/// Needs no display: `--help` works anywhere.
Arguments parseArguments(int argc, char** argv) {
  const QCoreApplication application(argc, argv);
  QCoreApplication::setApplicationVersion(QString::fromLatin1(app::kVersion));
  QCommandLineParser parser;
  parser.setApplicationDescription(
      QStringLiteral("Chat with Mixture-of-Experts models on your own machine."));
  const QCommandLineOption dataDir(QStringLiteral("data-dir"),
                                   QStringLiteral("Where chats and their KV are kept."),
                                   QStringLiteral("folder"));
  const QCommandLineOption model(
      QStringLiteral("model"),
      QStringLiteral("GGUF file, for this run; if not given, the model that was used last."),
      QStringLiteral("file"));
  const QCommandLineOption profile(
      QStringLiteral("profile"),
      QStringLiteral("The profile to open; if not given, the one that was used last."),
      QStringLiteral("name"));
  parser.addOptions({dataDir, profile, model});
  parser.addPositionalArgument(QStringLiteral("file"), QStringLiteral("The same as --model."),
                               QStringLiteral("[file]"));
  parser.addHelpOption();
  parser.addVersionOption();
  parser.process(application);

  Arguments arguments;
  arguments.data = app::DataFolder::standard();
  const auto path = [](const QString& given) {
    std::error_code error;
    const auto absolute = std::filesystem::absolute(given.toStdString(), error);
    if (!error) return absolute;
    std::fprintf(stderr, "kvasir: “%s” names no file or folder: %s\n", qUtf8Printable(given),
                 error.message().c_str());
    std::exit(kExitBadInput);
  };
  arguments.ownFolder = parser.isSet(dataDir);
  if (arguments.ownFolder) arguments.data.root = path(parser.value(dataDir));
  if (parser.isSet(profile)) arguments.profile = parser.value(profile).toStdString();
  const QStringList models = parser.values(model) + parser.positionalArguments();
  if (models.size() > 1) {
    std::fprintf(stderr, "kvasir: %s: one model at a time, please.\n",
                 qUtf8Printable(models.join(QStringLiteral(", "))));
    std::exit(kExitBadInput);
  }
  if (!models.isEmpty()) arguments.model = path(models.first());
  return arguments;
}

void logQtMessage(QtMsgType type, const QMessageLogContext&, const QString& message) {
  const auto level = type == QtDebugMsg || type == QtInfoMsg ? spdlog::level::debug
                     : type == QtWarningMsg                  ? spdlog::level::warn
                                                             : spdlog::level::err;
  spdlog::log(level, "qt: {}", message.toStdString());
}

/// The id of the profile to begin with.
app::Outcome<std::string> firstProfile(const app::ProfileBook& book, const Arguments& arguments) {
  if (!arguments.profile) return book.last_used().id;
  if (const auto found = book.find(*arguments.profile)) return found->id;
  std::string names;
  for (const auto& profile : book.all()) names += (names.empty() ? "“" : ", “") + profile.name + "”";
  return tl::unexpected("There is no profile named “" + *arguments.profile + "”, only " + names + ".");
}

int failToStart(const std::string& why) {
  std::fprintf(stderr, "kvasir: %s\n", why.c_str());
  const ui::ErrorWindow error(QString::fromStdString(why));
  QGuiApplication::exec();
  return kExitBadInput;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parseArguments(argc, argv);
  if (!hasDisplay()) {
    std::fprintf(stderr, "kvasir: there is no display. kvasir-cli chats in the terminal.\n");
    return kExitBadInput;
  }
  const QGuiApplication application(argc, argv);
  QGuiApplication::setApplicationName(QStringLiteral("Kvasir"));
  QGuiApplication::setDesktopFileName(QStringLiteral("kvasir"));
  const app::QuitOnSignals quitOnSignals;

  const auto keychain = arguments.ownFolder ? nullptr : app::DesktopKeychain::find();
  app::ProfileHost host(arguments.data, keychain.get());
  app::QtChatPort chat(app::ChatSettings{});
  app::QtChatListPort chats(chat);
  app::QtContextPort context(chat);
  app::QtAnswerSettingsPort answers(chat);
  app::QtModelPort models(chat, app::starter_model_path());
  app::QtStoragePort storage(host, chat);
  app::QtProfilePort profiles(host, chat, models, arguments.model);
  QObject::connect(&storage, &app::QtStoragePort::reopenNeeded, &profiles, &app::QtProfilePort::reopen);
  // No thread may wait for what only this one could give.
  QObject::connect(&application, &QCoreApplication::aboutToQuit, [&] {
    if (keychain) keychain->close();
  });

  const auto first = firstProfile(host.book(), arguments);
  if (!first) return failToStart(first.error());
  if (const auto opened = profiles.openFirst(*first); !opened) return failToStart(opened.error());
  app::start_logging(arguments.data.logs());
  qInstallMessageHandler(logQtMessage);
  spdlog::info("Kvasir {} with {}", app::kVersion, arguments.data.root.string());

  QSettings store(QString::fromStdString((arguments.data.root / "window.ini").string()),
                  QSettings::IniFormat);
  ui::UiSettings settings(&store);
  settings.limitWindow(QGuiApplication::primaryScreen()->availableSize());
  const ui::Window window({chat, chats, context, answers, models, profiles, storage}, settings);
  if (window.quickWindow() == nullptr) return EXIT_FAILURE;
  profiles.reportKv();
  return QGuiApplication::exec();
}
