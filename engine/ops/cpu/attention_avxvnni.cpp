#include "engine/ops/cpu/attention_words_expanded.h"
#include "engine/ops/cpu/attention_words_latent.h"

namespace kvasir::engine::cpu {
const AttentionKernels kAvxVnniAttention = {.latent = &kLatent, .latent_q8 = nullptr, .expanded = &kExpanded};
}
