#include "app/services/answer_result.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdint>

namespace kvasir::app {

using storage::MessageStatus;

storage::StoredMessage empty_answer(int64_t conversation_id) {
  storage::StoredMessage answer;
  answer.conversation_id = conversation_id;
  answer.role = storage::MessageRole::Assistant;
  answer.status = MessageStatus::Streaming;
  return answer;
}

MessageStatus to_status(engine::FinishReason reason) {
  switch (reason) {
    case engine::FinishReason::Stop:
      return MessageStatus::Complete;
    case engine::FinishReason::Length:
    case engine::FinishReason::ContextFull:
      return MessageStatus::Length;
    case engine::FinishReason::Cancelled:
      return MessageStatus::Stopped;
  }
  return MessageStatus::Complete;
}

storage::MessageUsage to_stored(const engine::GenerateResult& result) {
  storage::MessageUsage usage;
  usage.prompt_tokens = result.usage.prompt_tokens;
  usage.prompt_cache_hit_tokens = result.usage.prompt_cache_hit_tokens;
  usage.prompt_cache_disk_tokens = result.usage.prompt_cache_disk_tokens;
  usage.prompt_cache_miss_tokens = result.usage.prompt_cache_miss_tokens;
  usage.completion_tokens = result.usage.completion_tokens;
  usage.ttft_ms = result.timings.ttft_ms;
  usage.prefill_tokens_per_second = result.timings.prefill_tokens_per_second;
  usage.decode_tokens_per_second = result.timings.decode_tokens_per_second;
  return usage;
}

std::chrono::milliseconds time_saved(const engine::GenerateResult& result) {
  const double speed = result.timings.prefill_tokens_per_second;
  if (speed <= 0) return {};
  const double saved_ms = result.usage.prompt_cache_disk_tokens * 1000.0 / speed - result.timings.restore_ms;
  return std::chrono::milliseconds(static_cast<int64_t>(std::max(saved_ms, 0.0)));
}

void log_answer(const storage::StoredMessage& answer) {
  if (answer.status == MessageStatus::Failed) spdlog::info("answer {} failed: {}", answer.id, answer.error);
  if (const auto& usage = answer.usage)
    spdlog::info("answer {}: {} of {} prompt tokens reused ({} from disk), {} new, first after {:.0f} ms",
                 answer.id, usage->prompt_cache_hit_tokens, usage->prompt_tokens,
                 usage->prompt_cache_disk_tokens, usage->completion_tokens, usage->ttft_ms);
}

}  // namespace kvasir::app
