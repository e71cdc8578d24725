// Tells which parts of code are of which kind, as "begin,length,kind,begin,…": no HTML leaves this file.

// The kinds of highlight.js, by the names in `codeKinds` (ui/scripts/highlighter.cpp). What is not here looks like the rest.
var kindNames = {
  keyword: 'keyword', literal: 'keyword', 'selector-tag': 'keyword', section: 'title', name: 'keyword', tag: 'keyword',
  string: 'string', regexp: 'string', char: 'string', quote: 'comment', code: 'string',
  number: 'number', symbol: 'number', bullet: 'number', link: 'string',
  comment: 'comment', doctag: 'comment',
  title: 'title', 'selector-id': 'title', 'selector-class': 'title', function: '', class: '',
  type: 'type', built_in: 'type', 'builtin-name': 'type',
  meta: 'meta', 'meta-keyword': 'meta', 'meta-string': 'string',
  variable: 'variable', 'template-variable': 'variable', attr: 'variable', attribute: 'variable', params: '', subst: '',
  addition: 'added', deletion: 'removed'
};
var characters = { amp: 1, lt: 1, gt: 1, quot: 1, '#x27': 1, '#39': 1 };

function highlightSpans(language, code, kinds) {
  if (!hljs.getLanguage(language)) return '';
  // Its result is text with entities and these two tags, and nothing else.
  var pieces = /<span class="(?:hljs-)?([^" ]*)[^>]*>|<\/span>|&([a-z0-9#]+);|[^<&]+/g;
  var html = hljs.highlight(language, code, true).value;
  var open = [-1], spans = [], at = 0, piece;
  while ((piece = pieces.exec(html)) !== null) {
    if (piece[1] !== undefined) {
      var name = kindNames[piece[1]];
      // Inside of a string, an expression looks like code outside.
      open.push(name ? kinds.indexOf(name) : piece[1] === 'subst' ? -1 : open[open.length - 1]);
    } else if (piece[0] === '</span>') {
      open.pop();
    } else {
      var length = piece[2] !== undefined && characters[piece[2]] ? 1 : piece[0].length;
      var kind = open[open.length - 1], last = spans.length - 3;
      if (kind >= 0 && last >= 0 && spans[last + 2] === kind && spans[last] + spans[last + 1] === at)
        spans[last + 1] += length;
      else if (kind >= 0)
        spans.push(at, length, kind);
      at += length;
    }
  }
  return at === code.length ? spans.join(',') : '';
}
