#include "app/cli/bench/made_model.h"

#include "app/cli/bench/random_blocks.h"
#include "storage/base/try.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace kvasir::app {
namespace {

using engine::DType;
using engine::GgufHeader;
using storage::ErrorCode;
using storage::Result;

/// What one thread fills at a time; also the unit of the random sequence.
constexpr uint64_t kChunkBytes = uint64_t{4} << 20;

/// Around which value a tensor's weights lie, and how far from it.
struct Distribution {
  float mean;
  float deviation;
};

Distribution distribution_of(const GgufHeader::Tensor& tensor) {
  const std::string_view name = tensor.name;
  if (name.ends_with("_norm.weight")) return {1.0f, 0.05f};
  // Large enough to move choices between experts that are almost equal, too small to empty any of them.
  if (name.ends_with("exp_probs_b.bias")) return {0.0f, 0.02f};
  return {0.0f, 1.0f / std::sqrt(static_cast<float>(tensor.shape[0]))};
}

/// FNV-1a: the same on every machine, which std::hash need not be.
uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ull;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ull;
  return hash;
}

/// A tensor's bytes from a chunk's place on. Chunks end where blocks end.
struct Chunk {
  const GgufHeader::Tensor* tensor;
  uint64_t index;
  uint64_t offset_bytes;  ///< within the tensor
  uint64_t size_bytes;
};

std::vector<Chunk> chunks_of(const GgufHeader::Tensor& tensor) {
  const uint64_t block = engine::dtype_traits(tensor.dtype)->block_bytes;
  const uint64_t step = kChunkBytes / block * block;
  std::vector<Chunk> chunks;
  for (uint64_t at = 0; at < tensor.size_bytes; at += step)
    chunks.push_back({&tensor, chunks.size(), at, std::min(step, tensor.size_bytes - at)});
  return chunks;
}

void fill_chunk(const Chunk& chunk, uint64_t seed, std::span<std::byte> out) {
  RandomSource random(mix_seed(seed ^ hash_of(chunk.tensor->name)) + chunk.index);
  const Distribution distribution = distribution_of(*chunk.tensor);
  fill_random_blocks(chunk.tensor->dtype, distribution.deviation, random, out);
  if (distribution.mean == 0) return;
  for (size_t at = 0; at < out.size(); at += sizeof(float)) {  // norms, which are F32
    float value;
    std::memcpy(&value, out.data() + at, sizeof value);
    value += distribution.mean;
    std::memcpy(out.data() + at, &value, sizeof value);
  }
}

/// Writes all chunks, `threads` of them at a time.
class DataWriter {
 public:
  DataWriter(const MadeModel& model, const GgufHeader& header, uint64_t header_bytes, storage::File& file,
             unsigned threads, const MakeProgress& progress)
      : model_(model),
        header_(header),
        header_bytes_(header_bytes),
        file_(file),
        buffers_(threads, std::vector<std::byte>(kChunkBytes)),
        progress_(progress) {}

  Result<void> run() {
    std::vector<Chunk> chunks;
    for (const auto& tensor : header_.tensors()) {
      const auto more = chunks_of(tensor);
      chunks.insert(chunks.end(), more.begin(), more.end());
    }
    for (size_t first = 0; first < chunks.size(); first += buffers_.size())
      KVASIR_TRY(write(std::span(chunks).subspan(first, std::min(buffers_.size(), chunks.size() - first))));
    return {};
  }

 private:
  /// At most as many chunks as there are buffers.
  Result<void> write(std::span<const Chunk> chunks) {
    {
      std::vector<std::jthread> fillers;
      for (size_t i = 1; i < chunks.size(); ++i) fillers.emplace_back([&, i] { fill(chunks[i], i); });
      fill(chunks[0], 0);
    }
    for (size_t i = 0; i < chunks.size(); ++i) {
      const uint64_t offset = header_bytes_ + chunks[i].tensor->offset_bytes + chunks[i].offset_bytes;
      KVASIR_TRY(file_.write(offset, std::span(buffers_[i]).first(chunks[i].size_bytes)));
      written_bytes_ += chunks[i].size_bytes;
    }
    if (progress_ && !progress_(written_bytes_, header_.data_bytes()))
      return storage::fail(ErrorCode::Io, "The writing of the model was interrupted; nothing is left of it.");
    return {};
  }

  void fill(const Chunk& chunk, size_t buffer) {
    fill_chunk(chunk, model_.seed, std::span(buffers_[buffer]).first(chunk.size_bytes));
  }

  const MadeModel& model_;
  const GgufHeader& header_;
  uint64_t header_bytes_;
  storage::File& file_;
  std::vector<std::vector<std::byte>> buffers_;
  const MakeProgress& progress_;
  uint64_t written_bytes_ = 0;
};

Result<void> require_space(storage::FileSystem& file_system, const std::filesystem::path& path,
                           uint64_t bytes) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  KVASIR_TRY_ASSIGN(const uint64_t free, file_system.free_bytes(folder));
  if (free >= bytes) return {};
  const auto in_gigabytes = [](uint64_t count) {
    const auto tenths = std::to_string(count / 100'000'000);
    return (tenths.size() > 1 ? tenths.substr(0, tenths.size() - 1) : "0") + "." + tenths.back() + " GB";
  };
  return storage::fail(ErrorCode::DiskFull, "The model needs " + in_gigabytes(bytes) +
                                                ", but the disk that holds " + path.string() + " has only " +
                                                in_gigabytes(free) +
                                                " left. Free some space, or choose another disk.");
}

Result<void> write_file(const MadeModel& model, const GgufHeader& header, const std::vector<std::byte>& front,
                        storage::File& file, unsigned threads, const MakeProgress& progress) {
  KVASIR_TRY(DataWriter(model, header, front.size(), file, threads, progress).run());
  KVASIR_TRY(file.truncate(front.size() + header.data_bytes()));  // the last tensor's padding
  return file.write(0, front);
}

}  // namespace

Result<uint64_t> write_made_model(const MadeModel& model, storage::FileSystem& file_system,
                                  const std::filesystem::path& path, unsigned threads,
                                  const MakeProgress& progress) {
  const GgufHeader header = make_header(model);
  const std::vector<std::byte> front = header.encode();
  const uint64_t size = front.size() + header.data_bytes();
  if (file_system.open(path, false)) {
    return storage::fail(ErrorCode::BadRequest, "There is a file at " + path.string() +
                                                    " already. Remove it or choose another name.");
  }
  KVASIR_TRY(require_space(file_system, path, size));
  KVASIR_TRY_ASSIGN(auto file, file_system.open(path, true));
  if (auto written = write_file(model, header, front, *file, std::max(1u, threads), progress); !written) {
    file.reset();
    if (auto removed = file_system.remove(path); !removed) return tl::unexpected(removed.error());
    return tl::unexpected(written.error());
  }
  return size;
}

}  // namespace kvasir::app
