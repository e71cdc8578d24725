#include "app/logging/logging.h"
#include "app/quit_on_signals.h"
#include "app/services/profile.h"
#include "app/services/qt_chat_port.h"
#include "app/services/qt_model_port.h"
#include "app/version.h"
#include "ui/controllers/ui_settings.h"
#include "ui/window.h"

#include <spdlog/spdlog.h>

#include <QCommandLineParser>
#include <QGuiApplication>
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
  parser.addOptions({dataDir, model});
  parser.addHelpOption();
  parser.addVersionOption();
  parser.process(application);

  Arguments arguments{app::DataFolder::standard(), std::nullopt};
  const auto path = [&](const QCommandLineOption& option) {
    std::error_code error;
    const auto absolute = std::filesystem::absolute(parser.value(option).toStdString(), error);
    if (!error) return absolute;
    std::fprintf(stderr, "kvasir: --%s names no file or folder: %s\n",
                 qUtf8Printable(option.names().constFirst()), error.message().c_str());
    std::exit(kExitBadInput);
  };
  if (parser.isSet(dataDir)) arguments.data.root = path(dataDir);
  if (parser.isSet(model)) arguments.model = path(model);
  return arguments;
}

void logQtMessage(QtMsgType type, const QMessageLogContext&, const QString& message) {
  const auto level = type == QtDebugMsg || type == QtInfoMsg ? spdlog::level::debug
                     : type == QtWarningMsg                  ? spdlog::level::warn
                                                             : spdlog::level::err;
  spdlog::log(level, "qt: {}", message.toStdString());
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

  auto profile = app::Profile::open(arguments.data);
  if (!profile) {
    std::fprintf(stderr, "kvasir: %s\n", profile.error().c_str());
    const ui::ErrorWindow error(QString::fromStdString(profile.error()));
    QGuiApplication::exec();
    return kExitBadInput;
  }
  app::start_logging(arguments.data.logs());
  qInstallMessageHandler(logQtMessage);
  spdlog::info("Kvasir {} with {}", app::kVersion, arguments.data.root.string());
  if (!(*profile)->kv_problem().empty())
    spdlog::warn("chats are not resumed from disk: {}", (*profile)->kv_problem());

  QSettings store(QString::fromStdString((arguments.data.root / "window.ini").string()),
                  QSettings::IniFormat);
  ui::UiSettings settings(&store);
  app::QtChatPort port(**profile, app::ChatSettings{});
  app::QtModelPort models(port, app::starter_model_path());
  const ui::Window window(port, models, settings);
  if (window.quickWindow() == nullptr) return EXIT_FAILURE;
  models.start(arguments.model);
  return QGuiApplication::exec();
}
