#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QtTest>

namespace {

const QDir kSource(QStringLiteral(KVASIR_SOURCE_DIR));

/// Files below a top-level folder whose names end so.
QStringList files_of(const QString& folder, const QStringList& patterns) {
  QStringList paths;
  QDirIterator files(kSource.filePath(folder), patterns, QDir::Files, QDirIterator::Subdirectories);
  while (files.hasNext()) paths.append(kSource.relativeFilePath(files.next()));
  paths.sort();
  return paths;
}

QString read(const QString& path) {
  QFile file(kSource.filePath(path));
  if (!file.open(QIODevice::ReadOnly)) qFatal("%s can't be read", qPrintable(path));
  return QString::fromUtf8(file.readAll());
}

QStringList includes_of(const QString& path) {
  static const QRegularExpression kInclude(QStringLiteral("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"]"),
                                           QRegularExpression::MultilineOption);
  QStringList includes;
  auto matches = kInclude.globalMatch(read(path));
  while (matches.hasNext()) includes.append(matches.next().captured(1));
  return includes;
}

}  // namespace

/// The rules of docs/architecture.md that a compiler does not know.
class LayoutTest : public QObject {
  Q_OBJECT

 private slots:
  void leaves_include_only_themselves_data();
  void leaves_include_only_themselves();
  void every_header_is_included_once();
  void qml_components_stay_small();
};

void LayoutTest::leaves_include_only_themselves_data() {
  QTest::addColumn<QString>("leaf");
  QTest::addColumn<QString>("forbidden");
  QTest::newRow("engine") << "engine"
                          << "^(app|storage|ui)/|^Q[A-Z]|^Qt|^sqlite3|^spdlog/|^nlohmann/";
  QTest::newRow("storage") << "storage"
                           << "^(app|engine|ui)/|^Q[A-Z]|^Qt|^spdlog/|^nlohmann/";
  QTest::newRow("ui") << "ui"
                      << "^(app|engine|storage)/|^sqlite3|^spdlog/";
}

void LayoutTest::leaves_include_only_themselves() {
  QFETCH(QString, leaf);
  QFETCH(QString, forbidden);
  const QRegularExpression expression(forbidden);
  const QStringList files = files_of(leaf, {"*.h", "*.cpp", "*.cu", "*.cuh"});
  QVERIFY(files.size() > 3);
  for (const QString& path : files)
    for (const QString& include : includes_of(path))
      QVERIFY2(!expression.match(include).hasMatch(), qPrintable(path + " includes " + include));
}

void LayoutTest::every_header_is_included_once() {
  for (const QString folder : {"app", "engine", "storage", "ui", "tests"})
    for (const QString& path : files_of(folder, {"*.h"}))
      if (!path.endsWith("_impl.h"))  // a body that is compiled once for each instruction set
        QVERIFY2(read(path).startsWith("#pragma once\n"), qPrintable(path));
}

void LayoutTest::qml_components_stay_small() {
  const QStringList files = files_of("ui/qml", {"*.qml"});
  QVERIFY(!files.isEmpty());
  for (const QString& path : files) QVERIFY2(read(path).count('\n') < 200, qPrintable(path));
}

QTEST_GUILESS_MAIN(LayoutTest)
#include "layout_test.moc"
