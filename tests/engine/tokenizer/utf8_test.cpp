#include "engine/tokenizer/utf8.h"

#include "engine/tokenizer/tokenizer.h"

#include <QtTest>
#include <random>
#include <string>

using namespace kvasir::engine;

namespace {

std::string streamed(std::string_view bytes, size_t chunk_bytes) {
  Utf8Stream stream;
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += chunk_bytes)
    text += stream.push(bytes.substr(at, chunk_bytes));
  return text + stream.finish();
}

}  // namespace

class Utf8Test : public QObject {
  Q_OBJECT

 private slots:
  void every_character_is_whole_and_every_shorter_start_is_cut() {
    for (char32_t code = 0; code <= 0x10FFFF; ++code) {
      if (code >= 0xD800 && code <= 0xDFFF) continue;
      // The letter in front keeps Qt from taking U+FEFF for a byte order mark.
      const char32_t text[] = {U'a', code};
      const QByteArray bytes = QString::fromUcs4(text, 2).toUtf8().mid(1);
      const std::string_view view(bytes.constData(), static_cast<size_t>(bytes.size()));
      const Utf8Head head = utf8_head(view);
      if (head.kind != Utf8Head::Kind::Whole || head.length != view.size()) QFAIL("not whole");
      for (size_t length = 1; length < view.size(); ++length) {
        const Utf8Head cut = utf8_head(view.substr(0, length));
        if (cut.kind != Utf8Head::Kind::Cut || cut.length != length) QFAIL("not cut");
      }
    }
  }

  void overlong_forms_surrogates_and_codes_beyond_unicode_are_malformed() {
    for (std::string_view bytes : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
                                   "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
      QVERIFY(utf8_head(bytes).kind == Utf8Head::Kind::Malformed);
    // A good start whose next byte belongs to something else.
    QVERIFY(utf8_head("\xE4\xB8x").kind == Utf8Head::Kind::Malformed);
    QCOMPARE(utf8_head("\xE4\xB8x").length, size_t{2});
  }

  void a_character_appears_when_its_last_byte_does() {
    Utf8Stream stream;
    QCOMPARE(stream.push("a\xF0\x9F"), std::string("a"));
    QCOMPARE(stream.push("\x99"), std::string());
    QCOMPARE(stream.push("\x82z"), std::string("🙂z"));
    QCOMPARE(stream.finish(), std::string());
  }

  void what_never_becomes_a_character_is_replaced_at_once() {
    Utf8Stream stream;
    QCOMPARE(stream.push("a\xFF"), std::string("a\uFFFD"));
    QCOMPARE(stream.push("\xE4\xB8"), std::string());
    QCOMPARE(stream.push("b"), std::string("\uFFFDb"));
    QCOMPARE(stream.push("\xC3"), std::string());
    QCOMPARE(stream.finish(), std::string("\uFFFD"));
    QCOMPARE(stream.finish(), std::string());
    QCOMPARE(stream.push("\xA4"), std::string("\uFFFD"));  // the lead byte before `finish` is forgotten
  }

  void any_bytes_in_any_chunks_become_the_same_valid_text() {
    std::mt19937_64 random(3);
    for (int round = 0; round < 2000; ++round) {
      std::string bytes(random() % 40, '\0');
      for (char& c : bytes)
        c = round % 2 ? static_cast<char>(random()) : "a\xE4\xB8\xAD\xF0\x9F\x99\x82\xC3"[random() % 9];
      const std::string whole = streamed(bytes, bytes.size() + 1);
      for (size_t chunk : {1u, 2u, 3u, 7u}) QCOMPARE(streamed(bytes, chunk), whole);
      const QString decoded = QString::fromUtf8(whole.data(), static_cast<qsizetype>(whole.size()));
      QCOMPARE(decoded.toStdString(), whole);
      if (whole.find("\uFFFD") == std::string::npos) QCOMPARE(whole, bytes);
    }
  }
};

QTEST_GUILESS_MAIN(Utf8Test)
#include "utf8_test.moc"
