#include "engine/gguf/convert.h"
#include "engine/gguf/quant_blocks.h"

#include <QByteArray>
#include <QFile>
#include <QtTest>
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace kvasir::engine;

namespace {

/// Random blocks of each type with the weights that they decode to by an implementation that is not ours.
nlohmann::json golden() {
  QFile file(QStringLiteral(KVASIR_GOLDEN_DIR "/quantised_blocks.json"));
  if (!file.open(QIODevice::ReadOnly)) qFatal("quantised_blocks.json is missing");
  return nlohmann::json::parse(file.readAll().toStdString())["types"];
}

std::vector<DType> all_types() {
  std::vector<DType> types;
  for (uint32_t number = 0; number < 64; ++number)
    if (dtype_traits(static_cast<DType>(number))) types.push_back(static_cast<DType>(number));
  return types;
}

DType type_named(const std::string& name) {
  for (const DType type : all_types())
    if (dtype_name(type) == name) return type;
  qFatal("no type is called %s", name.c_str());
}

}  // namespace

class DequantizeTest : public QObject {
  Q_OBJECT

 private slots:
  void blocks_decode_to_the_golden_floats_data() {
    QTest::addColumn<QString>("name");
    const auto known = golden();
    for (const auto& [name, blocks] : known.items())
      QTest::newRow(name.c_str()) << QString::fromStdString(name);
  }

  void blocks_decode_to_the_golden_floats() {
    QFETCH(QString, name);
    const auto blocks = golden()[name.toStdString()];
    const DType type = type_named(name.toStdString());
    QVERIFY(can_dequantize(type));
    QCOMPARE(dtype_traits(type)->block_elements, blocks["block_weights"].get<uint32_t>());
    QCOMPARE(dtype_traits(type)->block_bytes, blocks["block_bytes"].get<uint32_t>());

    const auto expected = blocks["values"].get<std::vector<float>>();
    // One byte in front: rows need no alignment.
    const QByteArray bytes = " " + QByteArray::fromHex(blocks["data"].get<std::string>().c_str());
    QCOMPARE(static_cast<size_t>(bytes.size() - 1), row_bytes(type, expected.size()));
    std::vector<float> values(expected.size() + 1, -7.0f);
    dequantize_row(type, reinterpret_cast<const std::byte*>(bytes.data()) + 1, values.data(),
                   expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
      QVERIFY2(values[i] == expected[i], qPrintable(QStringLiteral("weight %1: %2 is not %3")
                                                        .arg(i)
                                                        .arg(static_cast<double>(values[i]), 0, 'g', 9)
                                                        .arg(static_cast<double>(expected[i]), 0, 'g', 9)));
    QCOMPARE(values.back(), -7.0f);
  }

  void every_type_that_is_promised_has_code_and_no_other() {
    const std::vector<std::string> promised = {"F32",  "F16",    "BF16",   "Q8_0", "Q4_0", "Q4_1",
                                               "Q5_0", "Q5_1",   "Q2_K",   "Q3_K", "Q4_K", "Q5_K",
                                               "Q6_K", "IQ4_NL", "IQ4_XS", "MXFP4"};
    for (uint32_t number = 0; number < 64; ++number) {
      const auto type = static_cast<DType>(number);
      const bool expected = std::find(promised.begin(), promised.end(), dtype_name(type)) != promised.end();
      QCOMPARE(can_dequantize(type), expected);
    }
  }

  void every_promised_type_but_the_plain_ones_has_golden_blocks() {
    const auto known = golden();
    for (const DType type : all_types())
      if (can_dequantize(type) && type != DType::F32 && type != DType::F16)
        QVERIFY2(known.contains(std::string(dtype_name(type))), dtype_name(type).data());
  }
};

QTEST_GUILESS_MAIN(DequantizeTest)
#include "dequantize_test.moc"
