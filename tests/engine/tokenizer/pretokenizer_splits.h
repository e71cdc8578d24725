#pragma once

namespace kvasir::test {

/// JSON: rows of pre-tokenizer, text, words. The words come from another implementation of regular
/// expressions (V8's) running the published ones. In a file of its own because moc does not read long raw
/// strings.
extern const char* const kPretokenizerSplits;

}  // namespace kvasir::test
