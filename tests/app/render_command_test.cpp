#include "tests/support/cli_process.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <nlohmann/json.hpp>

using kvasir::test::CliRun;
using kvasir::test::run_cli;

namespace {

const QString kTemplates = QStringLiteral(KVASIR_GOLDEN_DIR) + "/templates/";
const QString kHi = R"([{"role": "user", "content": "Hi"}])";

QString to_qt(const nlohmann::json& json) {
  return QString::fromStdString(json.dump());
}

}  // namespace

class RenderCommandTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  QString write(const QString& name, const QByteArray& bytes) {
    QFile file(folder_.filePath(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) qFatal("can't write");
    return file.fileName();
  }

 private slots:
  void a_published_template_is_rendered_byte_for_byte() {
    std::ifstream stream((kTemplates + "expected.json").toStdString());
    const auto golden = nlohmann::json::parse(stream);
    const auto& one = golden["cases"]["glm-4.6"][0];
    const CliRun run = run_cli({"render", "--template", kTemplates + "glm-4.6.jinja", "--messages",
                                to_qt(golden["chats"][one["chat"].get<std::string>()]), "--variables",
                                to_qt(one["variables"])});
    QCOMPARE(run.exit_code, 0);
    QCOMPARE(run.out.toStdString(), one["text"].get<std::string>());
  }

  void json_may_come_from_files_and_keys_keep_their_order() {
    const QString source = write("template", "{{ messages|tojson }}{{ z|tojson }}\n");
    const CliRun run =
        run_cli({"render", "--template", source, "--messages", "@" + write("messages", kHi.toUtf8()),
                 "--variables", "@" + write("variables", R"({"z": {"b": 1, "a": [2.5, null]}})")});
    QCOMPARE(run.exit_code, 0);
    QCOMPARE(run.out, QString(R"([{"role": "user", "content": "Hi"}]{"b": 1, "a": [2.5, null]})"));
  }

  void what_is_wrong_is_told_in_one_line_data() {
    QTest::addColumn<QByteArray>("source");
    QTest::addColumn<QString>("messages");
    QTest::addColumn<int>("exit_code");
    QTest::addColumn<QString>("said");
    QTest::newRow("not a template") << QByteArray("a\n{{ 1 + }}") << kHi << 2 << "line 2, column 8";
    QTest::newRow("not JSON") << QByteArray("a") << "[" << 2 << "--messages is not JSON.";
    QTest::newRow("not an array") << QByteArray("a") << "{}" << 2 << "--messages is to be a JSON array.";
    QTest::newRow("no such file") << QByteArray("a") << "@/nowhere/x.json" << 2 << "/nowhere/x.json";
    QTest::newRow("nested without end")
        << QByteArray("a") << QString(50'000, '[') + QString(50'000, ']') << 2 << "nested too deeply";
    QTest::newRow("it refuses") << QByteArray("{{ raise_exception('No.') }}") << kHi << 1 << "No. (line 1";
    QTest::newRow("it fails") << QByteArray("{{ messages.x.y }}") << kHi << 1 << "'x', which is not defined";
  }

  void what_is_wrong_is_told_in_one_line() {
    QFETCH(QByteArray, source);
    QFETCH(QString, messages);
    QFETCH(int, exit_code);
    QFETCH(QString, said);
    const CliRun run = run_cli({"render", "--template", write("template", source), "--messages", messages});
    QCOMPARE(run.exit_code, exit_code);
    QVERIFY2(run.err.contains(said), qPrintable(run.err));
    QCOMPARE(run.err.count('\n'), 1);
    QVERIFY(run.out.isEmpty());
  }
};

QTEST_GUILESS_MAIN(RenderCommandTest)
#include "render_command_test.moc"
