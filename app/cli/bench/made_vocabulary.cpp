#include "app/cli/bench/made_vocabulary.h"

#include <cstdint>
#include <string>
#include <vector>

namespace kvasir::app {
namespace {

constexpr int32_t kNormal = 1, kControl = 3;  // `tokenizer.ggml.token_type`

struct FamilyWords {
  std::string_view pre;
  std::vector<std::string> specials;  ///< begin of sentence and end of sentence in front
  bool adds_bos;
  std::string_view chat_template;
};

FamilyWords words_of(Family family) {
  switch (family) {
    case Family::DeepSeekV2:
      return {"deepseek-llm",
              {"<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"},
              true,
              "{{ bos_token }}{% for message in messages %}"
              "{% if message['role'] == 'user' %}{{ 'User: ' + message['content'] + '\n\n' }}"
              "{% elif message['role'] == 'assistant' %}{{ 'Assistant: ' + message['content'] + eos_token }}"
              "{% else %}{{ message['content'] + '\n\n' }}{% endif %}{% endfor %}"
              "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"};
    case Family::DeepSeekV3:
      return {"deepseek-v3",
              {"<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>"},
              true,
              "{{ bos_token }}{% for message in messages %}"
              "{% if message['role'] == 'system' %}{{ message['content'] }}"
              "{% elif message['role'] == 'user' %}{{ '<｜User｜>' + message['content'] }}"
              "{% else %}{{ '<｜Assistant｜>' + message['content'] + '<｜end▁of▁sentence｜>' }}"
              "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<｜Assistant｜>' }}{% endif %}"};
    case Family::Glm:
      return {"glm4",
              {"[gMASK]", "<|endoftext|>", "<sop>", "<|system|>", "<|user|>", "<|assistant|>",
               "<|observation|>", "<think>", "</think>"},
              false,
              "[gMASK]<sop>{% for message in messages %}"
              "{% if message['role'] == 'assistant' %}{{ '<|assistant|></think>' + message['content'] }}"
              "{% else %}{{ '<|' + message['role'] + '|>' + message['content'] }}{% endif %}{% endfor %}"
              "{% if add_generation_prompt %}{{ '<|assistant|><think>' }}{% endif %}"};
  }
  return {};
}

std::string utf8(uint32_t code_point) {  // below U+0800
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  return {static_cast<char>(0xc0 | code_point >> 6), static_cast<char>(0x80 | (code_point & 0x3f))};
}

/// The byte alphabet of byte-level BPE: printable Latin-1 stands for itself, the other 68 bytes for U+0100
/// onwards.
std::vector<std::string> byte_tokens() {
  std::vector<std::string> tokens;
  for (uint32_t byte = 0, next = 0x100; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
    tokens.push_back(utf8(printable ? byte : next++));
  }
  return tokens;
}

}  // namespace

void add_made_vocabulary(Family family, uint32_t vocab_size, engine::GgufHeader& header) {
  const FamilyWords words = words_of(family);
  const size_t ordinary = vocab_size - words.specials.size();
  std::vector<std::string> tokens = byte_tokens();
  const std::string space = tokens[' '];
  std::vector<std::string> merges;
  // Each string gets each letter behind it, the shortest first; those that begin with a space go first, so
  // that words keep the space in front of them.
  std::vector<std::string> strings = {space};
  strings.insert(strings.end(), tokens.begin() + 'a', tokens.begin() + 'z' + 1);
  for (size_t i = 0; tokens.size() < ordinary; ++i) {
    for (char letter = 'a'; letter <= 'z' && tokens.size() < ordinary; ++letter) {
      merges.push_back(strings[i] + ' ' + letter);
      strings.push_back(strings[i] + letter);
      tokens.push_back(strings.back());
    }
  }
  std::vector<int32_t> types(tokens.size(), kNormal);
  const auto bos = static_cast<uint32_t>(tokens.size());
  tokens.insert(tokens.end(), words.specials.begin(), words.specials.end());
  types.resize(tokens.size(), kControl);

  header.set_string("tokenizer.ggml.model", "gpt2");
  header.set_string("tokenizer.ggml.pre", words.pre);
  header.set_strings("tokenizer.ggml.tokens", tokens);
  header.set_ints("tokenizer.ggml.token_type", types);
  header.set_strings("tokenizer.ggml.merges", merges);
  header.set_uint("tokenizer.ggml.bos_token_id", bos);
  header.set_uint("tokenizer.ggml.eos_token_id", bos + 1);
  header.set_uint("tokenizer.ggml.padding_token_id", bos + 1);
  header.set_bool("tokenizer.ggml.add_bos_token", words.adds_bos);
  header.set_string("tokenizer.chat_template", words.chat_template);
}

}  // namespace kvasir::app
