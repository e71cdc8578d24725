#include "engine/chat/jinja/template.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace kvasir::engine::jinja;

namespace {

constexpr Origin kUser = 1, kReasoning = 2, kAnswer = 3;

Value message(Heap& heap, std::string_view role, std::string_view content, Origin origin) {
  return heap.dict(
      {{heap.text("role"), heap.text(role)}, {heap.text("content"), heap.text(content, origin)}});
}

/// A conversation with what templates look for; everything that a person or a model said has its origin.
Value conversation(Heap& heap) {
  const Value answer = message(heap, "assistant", "<think>\nHm.\n</think>\n\nHi <b>\xff", kAnswer);
  answer.as<Dict*>()->entries.emplace_back(heap.text("reasoning_content"), heap.text("Hm.", kReasoning));
  return heap.list({message(heap, "system", "Be kind.", kUser),
                    message(heap, "user", " Hello {{ 1 }}\n", kUser), answer,
                    message(heap, "user", "", kUser)});
}

/// Runs cover the text in order.
void check(const Text& text) {
  size_t end = 0;
  for (const Text::Run& run : text.runs()) {
    if (run.end < end || run.origin > kAnswer) std::abort();
    end = run.end;
  }
  if (end != text.size()) std::abort();
}

}  // namespace

/// Any bytes are a template or an error, and any template renders or ends with an error within its limits.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto parsed = Template::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!parsed) return 0;
  Heap heap({.steps = 100'000, .memory_bytes = 16 << 20, .output_bytes = 4 << 20});
  const auto text = parsed->render(heap,
                                   {{"messages", conversation(heap)},
                                    {"add_generation_prompt", Value(true)},
                                    {"enable_thinking", Value(true)},
                                    {"bos_token", heap.text("<s>")},
                                    {"tools", Value(None{})}},
                                   0);
  if (text) check(*text);
  return 0;
}
