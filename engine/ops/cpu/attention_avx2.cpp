#include "engine/ops/cpu/attention_words.h"

namespace kvasir::engine::cpu {
const AttentionKernels kAvx2Attention = words_attention("AVX2");
}
