#include "tests/engine/chat/jinja/render.h"

#include <QtTest>

using kvasir::engine::jinja::Heap;
using kvasir::engine::jinja::Text;
using kvasir::engine::jinja::Value;
using kvasir::test::Rendered;

namespace {

/// Renders with `x` = "aB\nc <é> " of origin 1, `y` = "yy" of origin 2 and `none` = "" of origin 3; written
/// with each run behind its origin: "0:… 1:…".
std::string origins(const char* source) {
  const Rendered rendered(source, [](Heap& heap) {
    return std::vector<std::pair<std::string, Value>>{
        {"x", heap.text("aB\nc <é> ", 1)},
        {"y", heap.text("yy", 2)},
        {"empty", heap.text("", 3)},
        {"all", heap.list({heap.text("x1", 1), heap.text("y2", 2)})},
        {"d", heap.dict({{heap.text("k", 1), heap.text("v", 2)}})},
    };
  });
  if (!rendered.ok) return "error: " + rendered.error.message;
  std::string text;
  size_t begin = 0;
  for (const Text::Run& run : rendered.text.runs()) {
    text += "|" + std::to_string(run.origin) + ":" + rendered.text.bytes().substr(begin, run.end - begin);
    begin = run.end;
  }
  return text + "|";
}

}  // namespace

class ProvenanceTest : public QObject {
  Q_OBJECT

 private slots:
  void origins_survive_everything_that_templates_do_to_texts_data() {
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* source, const char* expected) {
      QTest::newRow(source) << QString::fromUtf8(source) << QString::fromUtf8(expected);
    };
    row("a{{ y }}b", "|0:a|2:yy|0:b|");
    row("{{ '<' + y + '>' ~ y }}", "|0:<|2:yy|0:>|2:yy|");
    row("{{ x[0:2] }}{{ x[1] }}{{ x[:2][::-1] }}", "|1:aBBBa|");
    row("{{ (y + x)[1:3] }}", "|2:y|1:a|");
    row("{{ x|trim }}.", "|1:aB\nc <é>|0:.|");
    row("{{ x.strip().split('\\n')[1] }}.", "|1:c <é>|0:.|");
    row("{{ x.split()|join('/') }}", "|1:aB|0:/|1:c|0:/|1:<é>|");
    row("{{ x.split('\\n')|join(y) }}", "|1:aB|2:yy|1:c <é> |");
    row("{{ x.replace('\\n', '|') }}", "|1:aB|0:||1:c <é> |");
    row("{{ 'a-b'.replace('-', y) }}", "|0:a|2:yy|0:b|");
    row("{{ x|upper }}{{ x|lower }}", "|1:AB\nC <É> ab\nc <é> |");
    row("{{ x|title }}{{ y.capitalize() }}", "|1:Ab\nC <É> |2:Yy|");
    row("{{ x|tojson }}", "|0:\"|1:aB\\nc <é> |0:\"|");
    row("{{ x[4:]|tojson(ensure_ascii=true) }}", "|0:\"|1: <\\u00e9> |0:\"|");
    row("{{ d|tojson }}{{ d }}", "|0:{\"|1:k|0:\": \"|2:v|0:\"}{'|1:k|0:': '|2:v|0:'}|");
    row("{{ all }}", "|0:['|1:x1|0:', '|2:y2|0:']|");
    row("{{ all|join }}{{ all|map('upper')|join('+') }}", "|1:x1|2:y2|1:X1|0:+|2:Y2|");
    row("{{ '%s=%s' % (y, 1) }}{{ '{}!'.format(y) }}", "|2:yy|0:=1|2:yy|0:!|");
    row("{{ y * 2 }}{{ y|list }}", "|2:yyyy|0:['|2:y|0:', '|2:y|0:']|");
    row("{{ '<b>'|e }}{{ x[4:6]|e }}", "|0:&lt;b&gt;|1: &lt;|");
    row("{{ y|indent(2, true) }}{{ y|center(4) }}", "|0:  |2:yy|0: |2:yy|0: |");
    row("{% set t %}({{ y }}){% endset %}{{ t|upper }}", "|0:(|2:YY|0:)|");
    row("{% macro m(a) %}[{{ a }}]{% endmacro %}{{ m(y) }}", "|0:[|2:yy|0:]|");
    row("{% filter trim %} {{ y }} {% endfilter %}", "|2:yy|");
    row("{% set ns = namespace(t='') %}{% for c in y %}{% set ns.t = ns.t + c + '.' %}{% endfor %}{{ ns.t }}",
        "|2:y|0:.|2:y|0:.|");
    row("{% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %}{{ d.k }}{{ d['k'] }}", "|1:k|2:vvv|");
    row("{{ y|default('z') }}{{ nope|default(y) }}{{ y or 'z' }}{{ 'z' if not y else y }}", "|2:yyyyyyyy|");
    row("{{ y|length }}{{ y == 'yy' }}", "|0:2True|");
    // An empty text still says where it stood.
    row("<{{ empty }}>", "|0:<|3:|0:>|");
    row("{{ 'a' + empty|trim + 'b' }}{{ empty.split('x')|join }}", "|0:a|3:|0:b|3:|");
  }

  void origins_survive_everything_that_templates_do_to_texts() {
    QFETCH(QString, source);
    QFETCH(QString, expected);
    QCOMPARE(QString::fromStdString(origins(source.toUtf8().constData())), expected);
  }
};

QTEST_GUILESS_MAIN(ProvenanceTest)
#include "provenance_test.moc"
