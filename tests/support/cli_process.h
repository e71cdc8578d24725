#pragma once

#include <QProcess>
#include <QString>
#include <QStringList>
#include <nlohmann/json.hpp>

namespace kvasir::test {

/// What a finished run of a command-line program left.
struct CliRun {
  int exit_code = -1;
  QString out;
  QString err;

  nlohmann::json json() const { return nlohmann::json::parse(out.toStdString()); }
};

inline CliRun run_program(const QString& name, const QStringList& arguments) {
  QProcess process;
  process.start(QStringLiteral(KVASIR_BIN_DIR "/") + name, arguments);
  CliRun run;
  if (!process.waitForFinished(120'000) || process.exitStatus() != QProcess::NormalExit) return run;
  run.exit_code = process.exitCode();
  run.out = QString::fromUtf8(process.readAllStandardOutput());
  run.err = QString::fromUtf8(process.readAllStandardError());
  return run;
}

inline CliRun run_cli(const QStringList& arguments) {
  return run_program(QStringLiteral("kvasir-cli"), arguments);
}

}  // namespace kvasir::test
