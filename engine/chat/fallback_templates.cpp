#include "engine/chat/fallback_templates.h"

#include <algorithm>
#include <initializer_list>

namespace kvasir::engine {
namespace {

// Without tools, and without past reasoning, which every one of these families leaves out.

constexpr FallbackTemplate kDeepSeekV3Template = {ChatTemplate::Form::DeepSeekV3, "DeepSeek-V3",
                                                  R"({{ bos_token }}
{%- for m in messages if m.role == 'system' %}{{ '' if loop.first else '\n\n' }}{{ m.content }}{% endfor %}
{%- for m in messages %}
{%- if m.role == 'user' %}{{ '<｜User｜>' + m.content }}
{%- elif m.role == 'assistant' %}{{ '<｜Assistant｜>' + m.content + '<｜end▁of▁sentence｜>' }}
{%- endif %}{% endfor %}
{%- if add_generation_prompt %}{{ '<｜Assistant｜>' }}{% endif %})"};

constexpr FallbackTemplate kDeepSeekV2Template = {ChatTemplate::Form::DeepSeekV2, "DeepSeek-V2",
                                                  R"({{ bos_token }}
{%- for m in messages %}
{%- if m.role == 'user' %}{{ 'User: ' + m.content + '\n\n' }}
{%- elif m.role == 'assistant' %}{{ 'Assistant: ' + m.content + eos_token }}
{%- else %}{{ m.content + '\n\n' }}
{%- endif %}{% endfor %}
{%- if add_generation_prompt %}{{ 'Assistant:' }}{% endif %})"};

constexpr FallbackTemplate kGlm4Template = {ChatTemplate::Form::Glm4, "GLM-4", R"([gMASK]<sop>
{%- for m in messages %}{{ '<|' + m.role + '|>' + ('</think>' if m.role == 'assistant' else '') + m.content }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|assistant|>' + ('<think>' if enable_thinking else '</think>') }}
{%- endif %})"};

constexpr FallbackTemplate kKimiK2Template = {ChatTemplate::Form::KimiK2, "Kimi K2",
                                              R"({%- for m in messages %}
{{- '<|im_' + m.role + '|>' + m.role + '<|im_middle|>' + m.content + '<|im_end|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_assistant|>assistant<|im_middle|>' }}{% endif %})"};

}  // namespace

const FallbackTemplate* find_fallback_template(const GgufFile& file, const Tokenizer& tokenizer) {
  const auto has = [&](std::initializer_list<std::string_view> tokens) {
    return std::ranges::all_of(tokens, [&](auto token) { return tokenizer.find(token).has_value(); });
  };
  if (has({"<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"})) return &kDeepSeekV3Template;
  if (has({"[gMASK]", "<sop>", "<|user|>", "<|assistant|>", "<think>"})) return &kGlm4Template;
  if (has({"<|im_user|>", "<|im_assistant|>", "<|im_middle|>", "<|im_end|>"})) return &kKimiK2Template;
  if (has({"<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"}) &&
      file.get_string("tokenizer.ggml.pre") == "deepseek-llm")
    return &kDeepSeekV2Template;
  return nullptr;
}

}  // namespace kvasir::engine
