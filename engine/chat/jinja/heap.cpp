#include "engine/chat/jinja/heap.h"

namespace kvasir::engine::jinja {
namespace {

/// What a text takes beside its bytes, about.
constexpr size_t kTextOverhead = sizeof(HeapText) + 2 * sizeof(Text::Run) + 32;

size_t size_of(const Text& text) {
  return kTextOverhead + text.size() + text.runs().size() * sizeof(Text::Run);
}

}  // namespace

HeapText::~HeapText() {
  if (heap_ != nullptr) heap_->release(charged_);
}

void Heap::charge(size_t bytes) {
  if (bytes > limits_.memory_bytes - used_)
    stop_at_limit("more than " + std::to_string(limits_.memory_bytes >> 20) + " MiB of memory");
  used_ += bytes;
  read(bytes);
}

void Heap::step(uint64_t steps) {
  steps_ += steps;
  if (steps_ > limits_.steps) stop_at_limit("more than " + std::to_string(limits_.steps) + " steps");
}

void Heap::read(size_t bytes) {
  bytes_read_ += bytes;
  step(bytes_read_ / 64);
  bytes_read_ %= 64;
}

Value Heap::text(Text text) {
  const size_t bytes = size_of(text);
  charge(bytes);
  return Value(TextPtr(std::make_shared<const HeapText>(std::move(text), this, bytes)));
}

Value Heap::list(std::vector<Value> items, bool is_tuple) {
  charge(items.size() * sizeof(Value));
  List* const made = make<List>();
  made->items = std::move(items);
  made->is_tuple = is_tuple;
  return Value(made);
}

Value Heap::dict(std::vector<std::pair<Value, Value>> entries) {
  charge(entries.size() * 2 * sizeof(Value));
  Dict* const made = make<Dict>();
  made->entries = std::move(entries);
  return Value(made);
}

void TextBuilder::charge(size_t bytes) {
  heap_.charge(bytes);
  charged_ += bytes;
}

void TextBuilder::grow(size_t bytes) {
  if (bytes > max_bytes_ - text_.size())
    stop_at_limit("more than " + std::to_string(max_bytes_ >> 20) + " MiB of text");
  charge(bytes);
}

void TextBuilder::charge_runs() {
  // No more of them can have come than what was appended had itself.
  const size_t bytes = text_.size() + text_.runs().size() * sizeof(Text::Run);
  if (bytes > charged_) charge(bytes - charged_);
}

void TextBuilder::append(std::string_view bytes, Origin origin) {
  grow(bytes.size());
  text_.append(bytes, origin);
  charge_runs();
}

void TextBuilder::append(const Text& text, size_t begin, size_t end) {
  grow(end - begin);
  text_.append(text, begin, end);
  charge_runs();
}

Text TextBuilder::take_text() {
  heap_.release(std::exchange(charged_, 0));
  return std::exchange(text_, {});
}

Value TextBuilder::take() {
  return heap_.text(take_text());
}

}  // namespace kvasir::engine::jinja
