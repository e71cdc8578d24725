#include "engine/ops/cpu/attention_words.h"

namespace kvasir::engine::cpu {
const AttentionKernels kAvxVnniAttention = words_attention("AVX-VNNI");
}
