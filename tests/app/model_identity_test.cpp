#include "app/services/model_identity.h"

#include "tests/support/split_model.h"

#include <QTemporaryDir>
#include <QtTest>
#include <string>
#include <vector>

using namespace kvasir::app;
using kvasir::test::split_name;
using kvasir::test::write_bytes;

class ModelIdentityTest : public QObject {
  Q_OBJECT

 private slots:
  void a_file_is_what_the_file_system_says();
  void every_part_of_a_split_model_counts();
  void a_model_with_a_part_s_name_stands_for_itself();

 private:
  std::string path(const std::string& name) const {
    return folder_.filePath(QString::fromStdString(name)).toStdString();
  }
  QTemporaryDir folder_;
};

void ModelIdentityTest::a_file_is_what_the_file_system_says() {
  const std::string model = path("model.gguf");
  QVERIFY(!identify_model(model));
  write_bytes(model, std::vector<std::byte>(7));
  const auto identity = identify_model(model);
  QVERIFY(identity);
  QCOMPARE(identity->size_bytes, uint64_t{7});
  QVERIFY(identify_model(model) == identity);
  write_bytes(model, std::vector<std::byte>(8));
  QVERIFY(identify_model(model) != identity);
}

void ModelIdentityTest::every_part_of_a_split_model_counts() {
  constexpr size_t kParts = 3;
  for (size_t i = 0; i < kParts; ++i)
    write_bytes(path(split_name(i, kParts)), std::vector<std::byte>(10 + i));
  const auto identity = identify_model(path(split_name(0, kParts)));
  QVERIFY(identity);
  QCOMPARE(identity->size_bytes, uint64_t{33});
  for (size_t i = 0; i < kParts; ++i) QVERIFY(identify_model(path(split_name(i, kParts))) == identity);
  for (size_t i = 0; i < kParts; ++i) {
    // The same size at another time.
    const auto part = path(split_name(i, kParts));
    const auto written = std::filesystem::last_write_time(part);
    std::filesystem::last_write_time(part, written + std::chrono::seconds(1));
    QVERIFY(identify_model(path(split_name(0, kParts))) != identity);
    std::filesystem::last_write_time(part, written);
    QVERIFY(identify_model(path(split_name(0, kParts))) == identity);
  }
}

void ModelIdentityTest::a_model_with_a_part_s_name_stands_for_itself() {
  const std::string model = path(split_name(4, 9));
  write_bytes(model, std::vector<std::byte>(7));
  const auto identity = identify_model(model);
  QVERIFY(identity);
  QCOMPARE(identity->size_bytes, uint64_t{7});
}

QTEST_GUILESS_MAIN(ModelIdentityTest)
#include "model_identity_test.moc"
