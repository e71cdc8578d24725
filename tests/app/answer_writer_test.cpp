#include "app/services/answer_writer.h"

#include "tests/engine/chat/chat_fixture.h"

#include <QtTest>
#include <string>
#include <vector>

using namespace kvasir;
using namespace kvasir::app;
using storage::StoredMessage;

namespace {

const engine::ThinkingFormat kFormat{"<think>", "</think>", true};

}  // namespace

/// Scripts instead of a model: the ids of given texts, decoded and written as a generated answer's are.
class AnswerWriterTest : public QObject {
  Q_OBJECT

 private slots:
  void what_is_handed_on_and_what_is_kept_are_the_same_data();
  void what_is_handed_on_and_what_is_kept_are_the_same();
  void ids_are_kept_with_their_markers();
  void answer_stopped_while_it_thinks_goes_on_thinking();
  void answer_cut_inside_a_character_is_whole_when_it_goes_on();
  void another_models_reasoning_stays_beside_the_answer();

 private:
  std::vector<engine::TokenId> ids(const std::string& text) const { return chat_.tokenizer.encode(text); }
  engine::AnswerDecoder decoder(const std::string& prompt) const {
    return {chat_.tokenizer, kFormat, ids(prompt)};
  }
  /// `begun` is continued with `added`.
  StoredMessage write(StoredMessage begun, const std::vector<engine::TokenId>& added,
                      const std::string& prompt);

  const test::Chat chat_ = test::Chat::starter();
  AnswerGrowth heard_;  ///< all that was handed on, joined
};

StoredMessage AnswerWriterTest::write(StoredMessage begun, const std::vector<engine::TokenId>& added,
                                      const std::string& prompt) {
  heard_ = {};
  AnswerWriter writer(
      begun, decoder(prompt),
      [this](const AnswerGrowth& growth) {
        heard_.text += growth.text;
        heard_.reasoning += growth.reasoning;
        heard_.reasoning_tokens = growth.reasoning_tokens;
      },
      [](const StoredMessage&) {});
  engine::AnswerDecoder live = decoder(prompt);
  for (const engine::TokenId id : begun.token_ids) live.push(id);
  for (const engine::TokenId id : added) writer.add(live.push(id));
  return writer.finish();
}

void AnswerWriterTest::what_is_handed_on_and_what_is_kept_are_the_same_data() {
  QTest::addColumn<QString>("prompt");
  QTest::addColumn<QString>("script");
  QTest::addColumn<QString>("reasoning");
  QTest::addColumn<QString>("text");
  QTest::newRow("thought and answered") << "<｜Assistant｜><think>\n"
                                        << "Two and two.\n</think>\n\nFour."
                                        << "Two and two."
                                        << "Four.";
  QTest::newRow("opened by the model") << "<｜Assistant｜>"
                                       << "<think>\nTwo.\n</think>\n\nFour."
                                       << "Two."
                                       << "Four.";
  QTest::newRow("did not think") << "<｜Assistant｜>"
                                 << "Four <think>."
                                 << ""
                                 << "Four <think>.";
  QTest::newRow("empty section") << "<｜Assistant｜>"
                                 << "<think>\n\n</think>\n\nFour."
                                 << ""
                                 << "Four.";
  QTest::newRow("never answered") << "<｜Assistant｜><think>\n"
                                  << "Two and </thi"
                                  << "Two and </thi"
                                  << "";
  QTest::newRow("held back to the end") << "<｜Assistant｜>"
                                        << "<thi"
                                        << ""
                                        << "<thi";
}

void AnswerWriterTest::what_is_handed_on_and_what_is_kept_are_the_same() {
  QFETCH(QString, prompt);
  QFETCH(QString, script);
  QFETCH(QString, reasoning);
  QFETCH(QString, text);
  const StoredMessage answer = write({}, ids(script.toStdString()), prompt.toStdString());
  QCOMPARE(QString::fromStdString(answer.reasoning), reasoning);
  QCOMPARE(QString::fromStdString(answer.text), text);
  QCOMPARE(heard_.reasoning, answer.reasoning);
  QCOMPARE(heard_.text, answer.text);
  QCOMPARE(heard_.reasoning_tokens, answer.reasoning_tokens);
  QVERIFY(answer.reasoning.empty() || answer.reasoning_tokens > 0);
}

void AnswerWriterTest::ids_are_kept_with_their_markers() {
  const auto thought = ids("Two and two.");
  const auto closing = ids("\n</think>");
  const auto rest = ids("\n\nFour.<｜end▁of▁sentence｜>");
  std::vector<engine::TokenId> all = thought;
  all.insert(all.end(), closing.begin(), closing.end());
  all.insert(all.end(), rest.begin(), rest.end());
  const StoredMessage answer = write({}, all, "<think>\n");
  QVERIFY(answer.token_ids == all);
  QCOMPARE(answer.reasoning_tokens, uint32_t(thought.size() + closing.size()));
  QCOMPARE(answer.text, std::string("Four."));
}

void AnswerWriterTest::answer_stopped_while_it_thinks_goes_on_thinking() {
  const auto all = ids("Two and two.\n</think>\n\nFour.");
  const StoredMessage whole = write({}, all, "<think>\n");
  for (size_t cut = 0; cut <= all.size(); ++cut) {
    const auto middle = all.begin() + static_cast<ptrdiff_t>(cut);
    StoredMessage part = write({}, {all.begin(), middle}, "<think>\n");
    part.reasoning_ms = 1000;
    const StoredMessage both = write(part, {middle, all.end()}, "<think>\n");
    QCOMPARE(both.reasoning, whole.reasoning);
    QCOMPARE(both.text, whole.text);
    QCOMPARE(both.reasoning_tokens, whole.reasoning_tokens);
    QVERIFY(both.reasoning_ms >= 1000);
    // What the window holds after both is the same.
    QCOMPARE(part.text + heard_.text, whole.text);
  }
}

void AnswerWriterTest::answer_cut_inside_a_character_is_whole_when_it_goes_on() {
  const auto all = ids("中文</think>中文");
  for (size_t cut = 0; cut <= all.size(); ++cut) {
    const auto middle = all.begin() + static_cast<ptrdiff_t>(cut);
    const StoredMessage part = write({}, {all.begin(), middle}, "<think>");
    QVERIFY(part.text.find("\uFFFD") == std::string::npos);
    const StoredMessage both = write(part, {middle, all.end()}, "<think>");
    QCOMPARE(both.reasoning, std::string("中文"));
    QCOMPARE(both.text, std::string("中文"));
  }
}

void AnswerWriterTest::another_models_reasoning_stays_beside_the_answer() {
  StoredMessage begun;
  begun.text = "Four";
  begun.token_ids = ids("Four");
  begun.reasoning = "Two and two.";
  begun.reasoning_ms = 1000;
  const StoredMessage answer = write(begun, ids(", I think."), "<think>\n\n</think>\n\n");
  QCOMPARE(answer.text, std::string("Four, I think."));
  QCOMPARE(answer.reasoning, std::string("Two and two."));
  QCOMPARE(answer.reasoning_tokens, 0u);
}

QTEST_GUILESS_MAIN(AnswerWriterTest)
#include "answer_writer_test.moc"
