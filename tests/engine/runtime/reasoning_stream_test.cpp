#include "engine/runtime/reasoning_stream.h"

#include <QtTest>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace kvasir::engine;

namespace {

constexpr std::string_view kNoSection = "<｜Assistant｜>";

ReasoningStream stream_behind(std::string_view prompt_end) {
  return {"<think>", "</think>", prompt_end};
}

struct Texts {
  std::string reasoning;
  std::string answer;

  void add(const AnswerText& text) {
    reasoning += text.reasoning;
    answer += text.answer;
  }
};

/// Pieces that end where `cuts` says.
Texts split(std::string_view prompt_end, const std::string& text, const std::vector<size_t>& cuts) {
  ReasoningStream stream = stream_behind(prompt_end);
  Texts texts;
  size_t begin = 0;
  for (const size_t cut : cuts) {
    texts.add(stream.push(std::string_view(text).substr(begin, cut - begin)));
    begin = cut;
  }
  texts.add(stream.push(std::string_view(text).substr(begin)));
  texts.add(stream.finish());
  return texts;
}

}  // namespace

class ReasoningStreamTest : public QObject {
  Q_OBJECT

 private slots:
  void both_texts_are_the_same_however_the_answer_is_cut_data();
  void both_texts_are_the_same_however_the_answer_is_cut();
  void text_is_shown_as_soon_as_it_is_decided();
  void what_may_be_a_marker_is_held_back();
  void without_markers_all_text_passes_unchanged();
  void section_is_closed_as_it_was_opened_data();
  void section_is_closed_as_it_was_opened();
};

void ReasoningStreamTest::both_texts_are_the_same_however_the_answer_is_cut_data() {
  QTest::addColumn<QString>("prompt_end");
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("reasoning");
  QTest::addColumn<QString>("answer");
  const QString none = QString::fromUtf8(kNoSection.data(), qsizetype(kNoSection.size()));
  const QString opened = none + "<think>\n";
  const QString opened_bare = none + "<think>";
  const QString closed = none + "<think>\n\n</think>\n\n";
  const QString closed_bare = none + "</think>";

  // A family whose model opens the section itself.
  QTest::newRow("own section") << none << "<think>\nTwo and two.\n</think>\n\nFour."
                               << "Two and two."
                               << "Four.";
  QTest::newRow("own section, no newlines") << none << "<think>Two.</think>Four."
                                            << "Two."
                                            << "Four.";
  QTest::newRow("blanks before it") << none << " \n<think>Two.</think>Four."
                                    << "Two."
                                    << "Four.";
  QTest::newRow("no section") << none << "Four."
                              << ""
                              << "Four.";
  QTest::newRow("no section, blanks kept") << none << "\n\n  Four.\n"
                                           << ""
                                           << "\n\n  Four.\n";
  QTest::newRow("empty section") << none << "<think>\n\n</think>\n\nFour."
                                 << ""
                                 << "Four.";
  QTest::newRow("empty section, nothing in it") << none << "<think></think>Four."
                                                << ""
                                                << "Four.";
  QTest::newRow("nothing at all") << none << ""
                                  << ""
                                  << "";
  QTest::newRow("only blanks") << none << " \n "
                               << ""
                               << " \n ";
  QTest::newRow("only the section") << none << "<think>\nTwo.\n</think>\n\n"
                                    << "Two."
                                    << "";
  QTest::newRow("cut inside the marker") << none << "<thi"
                                         << ""
                                         << "<thi";
  QTest::newRow("like a marker") << none << "<thinking>Four.</thinking>"
                                 << ""
                                 << "<thinking>Four.</thinking>";
  QTest::newRow("marker in the middle") << none << "It writes <think>a</think>."
                                        << ""
                                        << "It writes <think>a</think>.";

  // The prompt has opened it.
  QTest::newRow("opened") << opened << "Two and two.\n</think>\n\nFour."
                          << "Two and two."
                          << "Four.";
  QTest::newRow("opened, bare") << opened_bare << "Two.</think>Four."
                                << "Two."
                                << "Four.";
  QTest::newRow("opened twice") << opened << "<think>\nTwo.\n</think>\n\nFour."
                                << "Two."
                                << "Four.";
  QTest::newRow("opened, empty") << opened << "\n</think>\n\nFour."
                                 << ""
                                 << "Four.";
  QTest::newRow("opened, closed at once") << opened << "</think>Four."
                                          << ""
                                          << "Four.";
  QTest::newRow("never closed") << opened << "Two and\n\n two \n"
                                << "Two and\n\n two"
                                << "";
  QTest::newRow("cut inside the end") << opened << "Two.\n</thi"
                                      << "Two.\n</thi"
                                      << "";
  QTest::newRow("nothing yet") << opened << " \n"
                               << ""
                               << "";
  QTest::newRow("quoted later") << opened << "Two.</think>Say </think> or <think>."
                                << "Two."
                                << "Say </think> or <think>.";
  QTest::newRow("nearly the end") << opened << "a < b </ c </think d</think>e"
                                  << "a < b </ c </think d"
                                  << "e";
  QTest::newRow("end twice") << opened << "Two.</think></think>Four."
                             << "Two."
                             << "</think>Four.";
  QTest::newRow("doubled bracket") << opened << "a<</think>b"
                                   << "a<"
                                   << "b";
  QTest::newRow("indented") << opened << "\n  first\n    second  \n\n</think>\n\n    code\n  end"
                            << "  first\n    second"
                            << "    code\n  end";
  QTest::newRow("spaces") << opened_bare << " Two. </think> Four. "
                          << "Two."
                          << "Four. ";
  QTest::newRow("not only ASCII") << opened << "Zwölf 中\n</think>\n\n🙂 ja"
                                  << "Zwölf 中"
                                  << "🙂 ja";

  // The prompt has closed it.
  QTest::newRow("closed") << closed << "Four."
                          << ""
                          << "Four.";
  QTest::newRow("closed, blank lines") << closed_bare << "\n\nFour.\n"
                                       << ""
                                       << "Four.\n";
  QTest::newRow("closed, quoted") << closed << "Say </think>."
                                  << ""
                                  << "Say </think>.";
  QTest::newRow("closed, thinks all the same") << closed << "<think>Two.</think>Four."
                                               << "Two."
                                               << "Four.";
  QTest::newRow("closed, cut") << closed_bare << "\n<th"
                               << ""
                               << "<th";
}

void ReasoningStreamTest::both_texts_are_the_same_however_the_answer_is_cut() {
  QFETCH(QString, prompt_end);
  QFETCH(QString, text);
  QFETCH(QString, reasoning);
  QFETCH(QString, answer);
  const std::string prompt = prompt_end.toStdString();
  const std::string whole = text.toStdString();
  const auto check = [&](const std::vector<size_t>& cuts) {
    const Texts texts = split(prompt, whole, cuts);
    QCOMPARE(QString::fromStdString(texts.reasoning), reasoning);
    QCOMPARE(QString::fromStdString(texts.answer), answer);
  };
  check({});
  std::vector<size_t> everywhere;
  for (size_t cut = 0; cut <= whole.size(); ++cut) {
    check({cut});
    everywhere.push_back(cut);
  }
  check(everywhere);
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<size_t> cuts;
    for (size_t cut = 0; cut < whole.size(); ++cut)
      if (random() % 4 == 0) cuts.push_back(cut);
    check(cuts);
  }
}

void ReasoningStreamTest::text_is_shown_as_soon_as_it_is_decided() {
  ReasoningStream stream = stream_behind("<think>\n");
  QVERIFY(stream.in_reasoning());
  QCOMPARE(stream.push("Two ").reasoning, std::string("Two"));
  QCOMPARE(stream.push("and").reasoning, std::string(" and"));
  QVERIFY(stream.in_reasoning());
  QCOMPARE(stream.push("</think>").reasoning, std::string());
  QVERIFY(!stream.in_reasoning());
  QCOMPARE(stream.push("\n\nFour").answer, std::string("Four"));
  QCOMPARE(stream.push(" <").answer, std::string(" <"));
}

void ReasoningStreamTest::what_may_be_a_marker_is_held_back() {
  ReasoningStream stream = stream_behind(kNoSection);
  QVERIFY(stream.undecided());
  QCOMPARE(stream.push("<thi").answer, std::string());
  QVERIFY(stream.undecided() && !stream.in_reasoning());
  QCOMPARE(stream.push("s>").answer, std::string("<this>"));
  QVERIFY(!stream.undecided());
}

void ReasoningStreamTest::without_markers_all_text_passes_unchanged() {
  ReasoningStream stream;
  QCOMPARE(stream.push("\n<think>Two.").answer, std::string("\n<think>Two."));
  QCOMPARE(stream.push("</think>\n").answer, std::string("</think>\n"));
  QVERIFY(!stream.in_reasoning() && !stream.undecided());
}

void ReasoningStreamTest::section_is_closed_as_it_was_opened_data() {
  QTest::addColumn<QString>("prompt_end");
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("closing");
  QTest::newRow("lines of its own") << "<think>\n"
                                    << "Two and"
                                    << "\n</think>\n\n";
  QTest::newRow("at a line's end") << "<think>\n"
                                   << "Two and\n"
                                   << "</think>\n\n";
  QTest::newRow("nothing thought") << "<think>\n"
                                   << ""
                                   << "</think>\n\n";
  QTest::newRow("opened by the model") << ""
                                       << "<think>\nTwo"
                                       << "\n</think>\n\n";
  QTest::newRow("bare") << "<think>"
                        << "Two and"
                        << "</think>";
  QTest::newRow("bare, at a line's end") << "<think>"
                                         << "Two\n"
                                         << "</think>";
}

void ReasoningStreamTest::section_is_closed_as_it_was_opened() {
  QFETCH(QString, prompt_end);
  QFETCH(QString, text);
  QFETCH(QString, closing);
  const std::string whole = text.toStdString();
  for (size_t cut = 0; cut <= whole.size(); ++cut) {
    ReasoningStream stream = stream_behind(prompt_end.toStdString());
    stream.push(whole.substr(0, cut));
    stream.push(whole.substr(cut));
    QCOMPARE(QString::fromStdString(stream.closing_text()), closing);
    stream.push(stream.closing_text());
    QVERIFY(!stream.in_reasoning());
  }
}

QTEST_GUILESS_MAIN(ReasoningStreamTest)
#include "reasoning_stream_test.moc"
