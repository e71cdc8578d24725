#include "tests/engine/chat/jinja/render.h"

#include <QtTest>
#include <fstream>
#include <random>
#include <sstream>

using kvasir::engine::jinja::Limits;
using kvasir::engine::jinja::Template;
using kvasir::test::Rendered;

namespace {

std::string repeated(const std::string& text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string read_template(const char* name) {
  std::ifstream stream(std::string(KVASIR_GOLDEN_DIR) + "/templates/" + name + ".jinja", std::ios::binary);
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  return bytes.str();
}

const nlohmann::ordered_json kChat = nlohmann::ordered_json::parse(
    R"({"messages": [{"role": "user", "content": "Hi\n"}, {"role": "assistant", "content": "<think>a</think>b"},
        {"role": "user", "content": "é"}], "add_generation_prompt": true, "bos_token": "<s>"})");

/// Small enough that a test stays short; large enough for any real chat here.
const Limits kSmall{.steps = 300'000, .memory_bytes = 2 << 20, .output_bytes = 1 << 20};

}  // namespace

class HostileTemplatesTest : public QObject {
  Q_OBJECT

 private slots:
  void what_takes_too_much_ends_with_an_error_data() {
    QTest::addColumn<QByteArray>("source");
    const auto row = [](const char* name, const std::string& source) {
      QTest::newRow(name) << QByteArray::fromStdString(source);
    };
    row("loops in loops", "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}");
    row("a list that grows while it is gone through",
        "{% set l = [1] %}{% for a in range(9999) %}{% for b in l %}{% set _ = l.append(1) %}{% endfor %}{% "
        "endfor %}");
    row("a huge range", "{{ range(10**12) }}");
    row("a huge range, backwards", "{{ range(10**12, 0, -1) }}");
    row("a text, many times", "{{ 'a' * 10**9 }}");
    row("a text, as often as a number can say", "{{ 'ab' * 9223372036854775807 }}");
    row("a list, many times", "{{ [1] * 10**9 }}");
    row("a text doubled in a namespace",
        "{% set ns = namespace(t='a') %}{% for i in range(64) %}{% set ns.t = ns.t + ns.t %}{% endfor %}");
    row("a list doubled in a namespace",
        "{% set ns = namespace(t=[1]) %}{% for i in range(64) %}{% set ns.t = ns.t + ns.t %}{% endfor %}");
    row("a text replaced by a longer one, again and again",
        "{% set ns = namespace(t='a') %}{% for i in range(64) %}{% set ns.t = ns.t.replace('a', 'aaaa') %}{% "
        "endfor %}");
    row("output without end",
        "{% for a in range(9999) %}{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' * 99 }}{% endfor %}");
    row("a macro that calls itself", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}");
    row("macros that call each other",
        "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}");
    row("a macro that calls itself twice",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}");
    row("a caller that calls its macro",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% macro r() %}{% call m() %}{{ r() }}{% endcall %}{% "
        "endmacro %}{{ r() }}");
    row("a list in itself, written", "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}");
    row("a list in itself, as JSON", "{% set l = [] %}{% set _ = l.append(l) %}{{ l|tojson }}");
    row("lists in themselves, compared",
        "{% set l = [] %}{% set _ = l.append(l) %}{% set k = [] %}{% set _ = k.append(k) %}{{ l == k }}");
    row("a list of itself twice over, written",
        "{% set ns = namespace(l=[]) %}"
        "{% for i in range(90) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}");
    row("lists nested deeply, written",
        "{% set ns = namespace(l=[]) %}"
        "{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}");
    row("padding", "{{ 'a'.ljust(10**12) }}");
    row("a filter that pads", "{{ 'a'|center(10**12) }}");
    row("an indent", "{{ 'a\nb'|indent(10**12) }}");
    row("a wide format", "{{ '%99999999d' % 1 }}");
    row("groups filled up", "{{ [1]|batch(10**12, 0) }}");
    row("looking for a text in a text, again and again",
        "{% set t = 'a' * 10**6 %}{% for i in range(9999) %}{{ 'b' in t }}{% endfor %}");
    row("splitting into single characters", "{{ ('a,' * 10**6).split(',')|length }}");
    row("a dict with many keys",
        "{% set d = {} %}{% for i in range(9999) %}{% set _ = d.update({i: i}) %}{% endfor %}");
    row("sorting",
        "{% set l = range(99999)|list %}{% for i in range(999) %}{% set m = l|sort(reverse=true) %}{% endfor "
        "%}");
  }

  void what_takes_too_much_ends_with_an_error() {
    QFETCH(QByteArray, source);
    const Rendered rendered(source.toStdString(), nlohmann::ordered_json::object(), kSmall);
    QVERIFY(!rendered.ok);
    const bool is_limit = rendered.error.message.starts_with("it takes too much: ") ||
                          rendered.error.message.starts_with("a format is too wide");
    QVERIFY2(is_limit, rendered.error.message.c_str());
  }

  void nesting_without_end_is_an_error_data() {
    QTest::addColumn<QByteArray>("source");
    constexpr size_t kDeep = 100'000;
    const auto row = [](const char* name, const std::string& source) {
      QTest::newRow(name) << QByteArray::fromStdString(source);
    };
    row("parentheses", "{{ " + repeated("(", kDeep) + "1" + repeated(")", kDeep) + " }}");
    row("lists", "{{ " + repeated("[", kDeep) + repeated("]", kDeep) + " }}");
    row("dicts", "{{ " + repeated("{1:", kDeep) + "1" + repeated("}", kDeep) + " }}");
    row("signs", "{{ " + repeated("-", kDeep) + "1 }}");
    row("nots", "{{ " + repeated("not ", kDeep) + "1 }}");
    row("a sum", "{{ 1" + repeated("+1", kDeep) + " }}");
    row("powers", "{{ 1" + repeated("**1", kDeep) + " }}");
    row("conditions", "{{ 1" + repeated(" if 1 else 1", kDeep) + " }}");
    row("conditions without an else", "{{ 1" + repeated(" if 1", kDeep) + " }}");
    row("filters", "{{ 1" + repeated("|string", kDeep) + " }}");
    row("tests", "{{ 1" + repeated(" is defined", kDeep) + " }}");
    row("attributes", "{{ a" + repeated(".a", kDeep) + " }}");
    row("calls", "{{ a" + repeated("()", kDeep) + " }}");
    row("blocks", repeated("{% if 1 %}", kDeep) + repeated("{% endif %}", kDeep));
    row("loops", repeated("{% for a in b %}", kDeep));
    row("targets", "{% for " + repeated("(", kDeep) + "a" + repeated(")", kDeep) + " in b %}{% endfor %}");
  }

  void nesting_without_end_is_an_error() {
    QFETCH(QByteArray, source);
    const Rendered rendered(source.toStdString(), nlohmann::ordered_json::object(), kSmall);
    QVERIFY(!rendered.ok);
    QVERIFY2(rendered.error.message.starts_with("this is nested too deeply"), rendered.error.message.c_str());
  }

  /// Deep values that are only made, let go and overwritten take no stack.
  void lists_in_lists_are_let_go_without_recursion() {
    const Rendered rendered(
        "{% set ns = namespace(l=[]) %}{% for i in range(99999) %}{% set ns.l = [ns.l] %}"
        "{% endfor %}{% set ns.l = 0 %}ok");
    QVERIFY2(rendered.ok, rendered.error.message.c_str());
  }

  /// Whatever comes out, nothing may crash: a sanitizer watches.
  void templates_cut_short_at_any_byte_are_templates_or_errors() {
    for (const char* name : {"deepseek-v3.1", "glm-4.6", "kimi-k2-thinking"}) {
      const std::string source = read_template(name);
      size_t errors = 0;
      for (size_t size = 0; size < source.size(); ++size)
        errors += !Rendered(source.substr(0, size), kChat, kSmall).ok;
      QVERIFY(errors > source.size() / 2);
    }
  }

  void random_bytes_and_changed_templates_are_templates_or_errors() {
    std::mt19937_64 random(5);
    const std::string alphabet = "{}%#-+|.()[]'\" \n:,=~abmessagesifforinendsetloop019\\é<>";
    const std::string golden = read_template("qwen3");
    size_t errors = 0;
    for (int round = 0; round < 3000; ++round) {
      std::string source;
      if (round % 2) {
        for (uint64_t i = random() % 60; i > 0; --i)
          source += round % 4 == 1 ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
        source = "{{" + source + "}}";
      } else {
        source = golden;
        for (uint64_t i = random() % 4 + 1; i > 0; --i)
          source[random() % source.size()] = alphabet[random() % alphabet.size()];
      }
      errors += !Rendered(source, kChat, kSmall).ok;
    }
    QVERIFY(errors > 1000);
  }

  void texts_that_are_not_utf8_pass_through() {
    const std::string bytes = "a\xff\xc3(\xf0\x9f\x98";
    const Rendered rendered("{{ x|upper }}{{ x[::-1]|length }}{{ x|trim|list|join == x }}",
                            [&](kvasir::engine::jinja::Heap& heap) {
                              return std::vector<std::pair<std::string, kvasir::engine::jinja::Value>>{
                                  {"x", heap.text(bytes, 1)}};
                            });
    QVERIFY2(rendered.ok, rendered.error.message.c_str());
    QCOMPARE(rendered.text.bytes(), "A" + bytes.substr(1) + "7True");
  }

  void a_source_that_is_too_long_is_refused() { QVERIFY(!Template::parse(std::string(5 << 20, 'a'))); }
};

QTEST_GUILESS_MAIN(HostileTemplatesTest)
#include "hostile_templates_test.moc"
