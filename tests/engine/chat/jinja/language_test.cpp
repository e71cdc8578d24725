#include "tests/engine/chat/jinja/render.h"

#include <QtTest>
#include <fstream>

using kvasir::engine::ErrorCode;
using kvasir::test::Rendered;
using Json = nlohmann::ordered_json;

class LanguageTest : public QObject {
  Q_OBJECT

 private slots:
  void everything_renders_as_jinja2_renders_it() {
    std::ifstream stream(std::string(KVASIR_GOLDEN_DIR) + "/templates/jinja2.json");
    const Json golden = Json::parse(stream);
    QVERIFY(golden.at("cases").size() >= 250);
    for (const Json& one : golden.at("cases")) {
      const Rendered rendered(one.at("template").get<std::string>(), golden.at("variables"));
      QVERIFY2(rendered.ok, (one.dump() + ": " + rendered.error.message).c_str());
      const std::string expected = one.at("text");
      QVERIFY2(rendered.text.bytes() == expected, (one.dump() + "\ngave " + rendered.text.bytes()).c_str());
    }
  }

  void errors_say_what_is_wrong_and_where() {
    const std::pair<const char*, const char*> cases[] = {
        {"a\n  {{ x.y }}", "it asks for 'y' of 'x', which is not defined (line 2, column 8)"},
        {"{{ 1 + 'a' }}", "it uses + on a value of type int and a value of type str (line 1, column 6)"},
        {"{{ 1 +", "this tag has no end (line 1, column 1)"},
        {"{% if 1 %}", "expected 'endif' before the end of the template (line 1, column 11)"},
        {"{% endif %}", "'endif' is a tag that is not supported here (line 1, column 4)"},
        {"{% include 'x' %}", "'include' is a tag that is not supported here (line 1, column 4)"},
        {"{{ 'a }}", "this text has no closing quotation mark (line 1, column 4)"},
        {"{# a", "this comment has no end (line 1, column 1)"},
        {"{% raw %}a", "this raw block has no end (line 1, column 1)"},
        {"{{ 9223372036854775808 }}", "this number is too large (line 1, column 4)"},
        {"{{ x|nofilter }}", "there is no filter 'nofilter' (line 1, column 5)"},
        {"{{ 1 is notest }}", "there is no test 'notest' (line 1, column 9)"},
        {"{{ f(1) }}", "it calls 'f', which is not defined (line 1, column 5)"},
        {"{% set x.y = 1 %}", "it sets 'y' of 'x', which is not a namespace (line 1, column 14)"},
        {"{% for a, b in [1] %}{% endfor %}", "it goes through a value of type int as if it were a list"},
        {"{% break %}", "'break' stands in no loop (line 1, column 4)"},
        {"{{ [1, }}", "this bracket closes nothing (line 1, column 8)"},
        {"{{ 1 + }}", "expected an expression before the end of the tag (line 1, column 8)"},
        {"{{ a b }}", "expected the end of the tag before 'b'"},
        {"{{ 'x'.replace('a') }}", "replace is called without 'new'"},
        {"{{ 'x'|trim(1, 2) }}", "wants a text as 'chars'"},
        {"{{ x|tojson }}", "tojson can't write 'x', which is not defined"},
        {"{{ 3 in 'abc' }}", "looks for a value of type int in a text"},
    };
    for (const auto& [source, message] : cases) {
      const Rendered rendered(source);
      QVERIFY2(!rendered.ok, source);
      QVERIFY2(rendered.error.message.find(message) != std::string::npos,
               (std::string(source) + ": " + rendered.error.message).c_str());
    }
  }

  void an_exception_that_a_template_raises_is_told_from_a_failure() {
    QVERIFY(Rendered("{{ raise_exception('No.') }}").error.code == ErrorCode::BadRequest);
    QVERIFY(Rendered("{{ 1 + none }}").error.code == ErrorCode::Unsupported);
    QVERIFY(Rendered("{{").error.code == ErrorCode::Unsupported);
  }

  void a_filter_or_test_that_does_not_exist_matters_only_where_it_is_used() {
    QCOMPARE(Rendered("{% if false %}{{ 1|nofilter }}{{ 1 is notest }}{% endif %}ok").text.bytes(),
             std::string("ok"));
  }

  void the_date_is_that_of_the_call_in_english() {
    QCOMPARE(Rendered("{{ strftime_now('%Y-%m-%d %B %A') }}").text.bytes(),
             std::string("2026-11-22 November Sunday"));
  }

  void numbers_that_leave_64_bits_are_errors() {
    for (const char* source :
         {"{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}", "{{ 9223372036854775807 * 2 }}",
          "{{ 2 ** 63 }}", "{{ (-9223372036854775807 - 1) // -1 }}", "{{ -(-9223372036854775807 - 1) }}",
          "{{ '99999999999999999999'|int }}", "{{ (-9223372036854775807 - 1)|abs }}"}) {
      const Rendered rendered(source);
      QVERIFY2(!rendered.ok && rendered.error.message.starts_with("a number becomes too large"),
               rendered.error.message.c_str());
    }
    QCOMPARE(Rendered("{{ -9223372036854775807 - 1 }} {{ (-9223372036854775807 - 1) % -1 }}").text.bytes(),
             std::string("-9223372036854775808 0"));
    QCOMPARE(Rendered("{{ 1e308 * 10 }} {{ (1e308 * 10)|int }} {{ 'abc'[9223372036854775807:] }}"
                      "{{ 'abc'[::9223372036854775807] }}{{ 'abc'[::-9223372036854775807 - 1] }}")
                 .text.bytes(),
             std::string("inf 0 ac"));
  }
};

QTEST_GUILESS_MAIN(LanguageTest)
#include "language_test.moc"
