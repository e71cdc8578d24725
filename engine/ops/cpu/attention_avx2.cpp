#include "engine/ops/cpu/attention_words_expanded.h"
#include "engine/ops/cpu/attention_words_latent.h"

namespace kvasir::engine::cpu {
const AttentionKernels kAvx2Attention = {.name = "AVX2",
                                         .latent = &kLatent,
                                         .latent_q8 = nullptr,
                                         .expansion_bytes = expansion_bytes,
                                         .pack_expansion = pack_expansion,
                                         .expanded_scratch_bytes = expanded_scratch_bytes,
                                         .attend_expanded = attend_expanded};
}
