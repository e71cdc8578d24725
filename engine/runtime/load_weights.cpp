#include "engine/runtime/load_weights.h"

#include <algorithm>

namespace kvasir::engine {

Result<std::optional<Hash256>> load_weights(ModelReader& reader, Model& model,
                                            const OnLoadProgress& on_progress) {
  const uint64_t all_bytes = reader.all_bytes();
  uint64_t done_bytes = 0;
  const auto go_on = [&](uint64_t now) -> Result<void> {
    // Weights that two names share, or that were converted when they were bound, count for more than the
    // file.
    done_bytes = std::clamp(now, done_bytes, all_bytes);
    if (!on_progress || on_progress(done_bytes, all_bytes)) return {};
    return fail(ErrorCode::Cancelled, "Loading the model was stopped.");
  };
  // Progress is what has its home, which takes longer than reading; of weights that stay in the file, what
  // has been read.
  uint64_t placed_bytes = 0;
  PlacementSteps steps;
  steps.before = [&](const TensorView& weight) {
    if (!reader.into_memory()) return go_on(reader.bytes_read());
    auto there = reader.wait_for(weight.data);
    return there ? go_on(placed_bytes) : there;
  };
  steps.writable = [&](const TensorView& weight) { return reader.writable(weight.data); };
  steps.placed = [&](const TensorView& weight) { placed_bytes += weight.data.size(); };
  steps.unneeded = [&](std::span<const std::byte> bytes) { reader.release(bytes); };
  if (auto prepared = model.prepare(steps); !prepared) return tl::unexpected(prepared.error());

  for (uint64_t read = reader.bytes_read(); read < all_bytes;) {
    if (auto going = go_on(read); !going) return tl::unexpected(going.error());
    const auto more = reader.wait_beyond(read);
    if (!more) return tl::unexpected(more.error());
    read = *more;
  }
  return reader.finish();
}

}  // namespace kvasir::engine
