#include "engine/gguf/gguf_split.h"

#include "engine/gguf/gguf_file.h"
#include "engine/model/model_weights.h"
#include "engine/runtime/model_reader.h"
#include "tests/support/split_model.h"
#include "tests/support/tiny_model.h"

#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <functional>
#include <set>

using namespace kvasir::engine;
using kvasir::test::GgufWriter;
using kvasir::test::split_model;
using kvasir::test::split_name;
using kvasir::test::TinyModel;

namespace {

constexpr uint16_t kParts = 3;

/// The parts of a split model in a folder of their own.
class Folder {
 public:
  std::string path(size_t number, size_t count = kParts) const {
    return folder_.filePath(QString::fromStdString(split_name(number, count))).toStdString();
  }
  void write(const std::vector<GgufWriter>& parts) const {
    for (size_t i = 0; i < parts.size(); ++i)
      kvasir::test::write_bytes(path(i, parts.size()), parts[i].build());
  }

 private:
  QTemporaryDir folder_;
};

std::vector<std::vector<std::byte>> build(const std::vector<GgufWriter>& parts) {
  std::vector<std::vector<std::byte>> bytes;
  for (const auto& part : parts) bytes.push_back(part.build());
  return bytes;
}

bool same_tensors(const GgufFile& a, const GgufFile& b) {
  return std::ranges::equal(a.tensors(), b.tensors(), [](const TensorView& x, const TensorView& y) {
    return x.name == y.name && x.shape == y.shape && x.dtype == y.dtype && std::ranges::equal(x.data, y.data);
  });
}

struct Misfit {
  const char* name;
  size_t culprit;  ///< the part that the message names
  const char* says;
  std::function<void(std::vector<GgufWriter>&)> damage;
};

const std::vector<Misfit>& misfits() {
  using Parts = std::vector<GgufWriter>;
  static const std::vector<Misfit> all = {
      {"swapped", 1, "part 3 of 3", [](Parts& p) { std::swap(p[1], p[2]); }},
      {"of a larger split", 1, "part 2 of 4",
       [](Parts& p) { p[1].set<uint16_t>("split.count", GgufValueType::U16, 4); }},
      {"of another model by its tensors", 2, "“split.tensors.count”",
       [](Parts& p) { p[2].set<int32_t>("split.tensors.count", GgufValueType::I32, 7); }},
      {"of another model by its name", 2, "“general.name”",
       [](Parts& p) { p[2].set_string("general.name", "Giant"); }},
      {"of another kind", 1, "“general.architecture”",
       [](Parts& p) { p[1].set_string("general.architecture", "llama"); }},
      {"a whole model", 2, "whole model", [](Parts& p) { p[2] = TinyModel::writer(); }},
      {"tensor twice", 2, "“token_embd.weight”",
       [](Parts& p) {
         TinyModel::add(p[2], "token_embd.weight", {TinyModel::kHidden, TinyModel::kVocab});
       }},
      {"tensor too few", 0, "hold 29", [](Parts& p) { p[1].remove_tensor(p[1].tensor_names().front()); }},
      {"no number", 1, "“split.no”", [](Parts& p) { p[1].remove("split.no"); }},
      {"number beyond the count", 1, "“split.no”",
       [](Parts& p) { p[1].set<uint16_t>("split.no", GgufValueType::U16, 3); }},
      {"count as text", 1, "“split.count”", [](Parts& p) { p[1].set_string("split.count", "3"); }},
      {"count without end", 1, "“split.count”",
       [](Parts& p) { p[1].set<uint64_t>("split.count", GgufValueType::U64, UINT64_MAX); }},
      {"no GGUF at all", 2, "is not a GGUF model", [](Parts& p) { p[2].magic = "JPEG"; }},
  };
  return all;
}

}  // namespace

class GgufSplitTest : public QObject {
  Q_OBJECT

 private slots:
  void opening_any_part_opens_all() {
    const auto whole = GgufFile::from_bytes(TinyModel::writer().build(), "tiny.gguf").value();
    const Folder folder;
    folder.write(split_model(TinyModel::writer(), kParts));
    for (size_t i = 0; i < kParts; ++i) {
      const auto file = GgufFile::open(folder.path(i));
      QVERIFY2(file, file ? "" : file.error().message.c_str());
      QCOMPARE(file->path().string(), folder.path(i));
      QVERIFY(same_tensors(*file, whole));
      QCOMPARE(file->parts().size(), size_t{kParts});
      QCOMPARE(file->get_uint("deepseek2.block_count").value(), uint64_t{TinyModel::kLayers});
      uint64_t bytes = 0;
      for (size_t j = 0; j < kParts; ++j) bytes += std::filesystem::file_size(folder.path(j));
      QCOMPARE(file->size_bytes(), bytes);
      const auto config = ModelConfig::from_gguf(*file);
      QVERIFY2(config, config ? "" : config.error().message.c_str());
      QVERIFY(ModelWeights::bind(*file, *config));
    }
  }

  void the_first_part_may_hold_metadata_alone() {
    auto parts = split_model(TinyModel::writer(), kParts);
    GgufWriter& second = parts[1];
    for (const auto& name : parts[0].tensor_names()) {
      const auto tensor = parts[0].tensor(name);
      second.add_tensor(name, tensor.dtype, tensor.shape, tensor.data);
      parts[0].remove_tensor(name);
    }
    const auto file = GgufFile::from_parts(build(parts), split_name(0, kParts));
    QVERIFY2(file, file ? "" : file.error().message.c_str());
    QVERIFY(file->find_tensor("token_embd.weight"));
  }

  void a_split_of_one_is_a_whole_model() {
    for (const uint16_t count : {uint16_t{0}, uint16_t{1}}) {
      auto writer = TinyModel::writer();
      writer.set<uint16_t>("split.count", GgufValueType::U16, count);
      QVERIFY(GgufFile::from_bytes(writer.build(), "tiny.gguf"));
    }
  }

  void a_whole_model_may_be_called_like_a_part() {
    const Folder folder;
    kvasir::test::write_bytes(folder.path(1), TinyModel::writer().build());
    QVERIFY(GgufFile::open(folder.path(1)));
  }

  void a_missing_part_is_named() {
    for (size_t missing = 0; missing < kParts; ++missing) {
      const Folder folder;
      folder.write(split_model(TinyModel::writer(), kParts));
      std::filesystem::remove(folder.path(missing));
      const auto file = GgufFile::open(folder.path((missing + 1) % kParts));
      QVERIFY(!file);
      QCOMPARE(file.error().code, ErrorCode::Io);
      QVERIFY2(file.error().message.find(folder.path(missing) + "” is missing") != std::string::npos,
               file.error().message.c_str());
      QVERIFY(file.error().message.find("3 files") != std::string::npos);
    }
  }

  void bytes_of_one_part_alone_lack_the_others() {
    const auto parts = split_model(TinyModel::writer(), kParts);
    const auto file = GgufFile::from_bytes(parts[0].build(), split_name(0, kParts));
    QVERIFY(!file);
    QVERIFY2(file.error().message.find(split_name(1, kParts)) != std::string::npos,
             file.error().message.c_str());
  }

  void a_renamed_part_is_told_its_name() {
    const Folder folder;
    folder.write(split_model(TinyModel::writer(), kParts));
    const std::string renamed = folder.path(0) + ".gguf";
    std::filesystem::rename(folder.path(0), renamed);
    const auto file = GgufFile::open(renamed);
    QVERIFY(!file);
    QCOMPARE(file.error().code, ErrorCode::BadFile);
    for (const auto& part : {renamed, std::string("part 1 of 3"), std::string("name")})
      QVERIFY2(file.error().message.find(part) != std::string::npos, file.error().message.c_str());
  }

  void what_does_not_fit_is_named_with_its_reason_data() {
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < misfits().size(); ++i) QTest::newRow(misfits()[i].name) << static_cast<int>(i);
  }

  void what_does_not_fit_is_named_with_its_reason() {
    QFETCH(int, index);
    const Misfit& misfit = misfits()[static_cast<size_t>(index)];
    auto parts = split_model(TinyModel::writer(), kParts);
    misfit.damage(parts);
    const Folder folder;
    folder.write(parts);
    const auto file = GgufFile::open(folder.path(0));
    QVERIFY(!file);
    const auto& message = file.error().message;
    QCOMPARE(file.error().code, ErrorCode::BadFile);
    QVERIFY2(message.find(folder.path(misfit.culprit)) != std::string::npos, message.c_str());
    QVERIFY2(message.find(misfit.says) != std::string::npos, message.c_str());
  }

  void names_say_their_part_and_their_siblings() {
    const SplitPart second{1, 5};
    QVERIFY(split_part_of_name("/models/V3-00002-of-00005.gguf") == second);
    for (const char* name : {"/models/V3.gguf", "-00002-of-00005.gguf", "V3-00006-of-00005.gguf",
                             "V3-00000-of-00005.gguf", "V3-00001-of-00001.gguf", "V3-2-of-5.gguf",
                             "V3-00002-of-00005.bin", "V3-0000x-of-00005.gguf", "V3_00002-of-00005.gguf", ""})
      QVERIFY2(!split_part_of_name(name), name);
    QCOMPARE(split_part_path("/models/V3-00002-of-00005.gguf", 4).string(),
             std::string("/models/V3-00005-of-00005.gguf"));
    QCOMPARE(model_files("/models/V3.gguf").size(), size_t{1});
    const auto files = model_files("/models/V3-00002-of-00003.gguf");
    QCOMPARE(files.size(), size_t{3});
    QCOMPARE(files[0].string(), std::string("/models/V3-00001-of-00003.gguf"));
    QCOMPARE(files[2].string(), std::string("/models/V3-00003-of-00003.gguf"));
  }

  /// KV must not outlive a change of any part's weights.
  void every_part_counts_for_the_hash_of_the_model() {
    const auto parts = split_model(TinyModel::writer(), kParts);
    const auto hash_of = [](const std::vector<GgufWriter>& writers) {
      auto file = GgufFile::from_parts(build(writers), split_name(0, kParts));
      if (!file) qFatal("%s", file.error().message.c_str());
      return ModelReader::start(*file, {.hasher = ContentHasher({})}).value()->finish().value().value();
    };
    std::set<std::string> hashes{hash_of(parts).hex()};
    QCOMPARE(hash_of(parts).hex(), *hashes.begin());
    for (size_t i = 0; i < kParts; ++i) {
      auto changed = parts;
      auto& tensor = changed[i].tensor(changed[i].tensor_names().back());
      tensor.data.back() ^= std::byte{1};
      hashes.insert(hash_of(changed).hex());
    }
    QCOMPARE(hashes.size(), size_t{kParts} + 1);
  }
};

QTEST_GUILESS_MAIN(GgufSplitTest)
#include "gguf_split_test.moc"
