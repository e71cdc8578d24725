#include "tests/engine/chat/jinja/render.h"

#include <QtTest>
#include <fstream>
#include <sstream>

using kvasir::test::Rendered;
using Json = nlohmann::ordered_json;

namespace {

const std::string kFolder = std::string(KVASIR_GOLDEN_DIR) + "/templates/";

std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  return bytes.str();
}

}  // namespace

class GoldenTemplatesTest : public QObject {
  Q_OBJECT

 private slots:
  void published_templates_render_as_in_two_other_implementations() {
    const Json golden = Json::parse(read_file(kFolder + "expected.json"));
    size_t renderings = 0;
    for (const auto& [name, cases] : golden.at("cases").items()) {
      const std::string source = read_file(kFolder + name + ".jinja");
      QVERIFY(!source.empty());
      for (const Json& one : cases) {
        Json variables = one.at("variables");
        variables["messages"] = golden.at("chats").at(one.at("chat").get<std::string>());
        variables["bos_token"] = "<bos>";
        variables["eos_token"] = "<eos>";
        const Rendered rendered(source, variables);
        QVERIFY2(rendered.ok, (name + ": " + rendered.error.message).c_str());
        const std::string expected = one.at("text");
        QVERIFY2(rendered.text.bytes() == expected,
                 (name + " " + one.dump() + "\ngave " + rendered.text.bytes()).c_str());
        ++renderings;
      }
    }
    QCOMPARE(renderings, size_t{364});
  }
};

QTEST_GUILESS_MAIN(GoldenTemplatesTest)
#include "golden_templates_test.moc"
