// Typesets LaTeX: returns an SVG picture that QtSvg can draw, and its extent in ems.

var adaptor = MathJaxParts.liteAdaptor();
MathJaxParts.RegisterHTMLHandler(adaptor);
var typesetDocument = MathJaxParts.mathjax.document('', {
  InputJax: new MathJaxParts.TeX({
    packages: ['base', 'ams', 'newcommand', 'boldsymbol', 'braket', 'cancel', 'mhchem', 'textmacros'],
    maxBuffer: 5 * 1024,
    maxMacros: 1000,
    formatError: function (jax, error) { throw error; }
  }),
  OutputJax: new MathJaxParts.SVG({ fontCache: 'none', mtextInheritFont: false, unknownFamily: 'serif' })
});

function typeset(latex, display) {
  forgetDefinitions();
  var container = typesetDocument.convert(latex, { display: display, em: 16, ex: 8, containerWidth: 1e6 });
  var svg = adaptor.firstChild(container);
  var box = adaptor.getAttribute(svg, 'viewBox').split(' ').map(Number);
  if (adaptor.hasAttribute(svg, 'data-mjx-error') || !(box[2] > 0)) return null;
  flatten(svg);
  return { svg: adaptor.outerHTML(svg), width: box[2] / 1000, ascent: -box[1] / 1000, descent: (box[1] + box[3]) / 1000 };
}

// What one formula defines must not change the next.
function forgetDefinitions() {
  typesetDocument.inputJax[0].reset();
  ['new-Command', 'new-Delimiter', 'new-Environment'].forEach(function (name) {
    var definitions = MathJaxParts.MapHandler.getMap(name);
    if (definitions) definitions.map.clear();
  });
}

// QtSvg draws no pictures within pictures. MathJax makes them to stretch braces and arrows: one glyph, scaled along one
// axis and clipped. We scale the glyph to what would be seen of it.
function flatten(node) {
  adaptor.childNodes(node).slice().forEach(function (child) {
    if (adaptor.kind(child) === '#text') return;
    if (adaptor.kind(child) === 'svg') adaptor.replace(groupFrom(child), child);
    else flatten(child);
  });
}

function number(node, name) {
  return Number(adaptor.getAttribute(node, name)) || 0;
}

function groupFrom(svg) {
  var box = (adaptor.getAttribute(svg, 'viewBox') || '').split(' ').map(Number);
  var x = number(svg, 'x') - (box[0] || 0), y = number(svg, 'y') - (box[1] || 0);
  var paths = adaptor.childNodes(svg);
  if (paths.length === 1 && adaptor.kind(paths[0]) === 'path') fit(paths[0], box);
  else flatten(svg);
  return adaptor.node('g', { transform: 'translate(' + x + ',' + y + ')' }, paths.slice());
}

function fit(path, box) {
  var scale = /scale\(([-\d.]+), ?([-\d.]+)\)/.exec(adaptor.getAttribute(path, 'transform') || '');
  if (!scale) return;
  var extent = extentOf(adaptor.getAttribute(path, 'd'));
  var along = Number(scale[1]) !== 1 ? 0 : 1;
  var from = extent[along], length = extent[along + 2] - from;
  if (!(length > 0)) return;
  var stretch = box[along + 2] / length;
  var shift = box[along] - from * stretch;
  adaptor.setAttribute(path, 'transform', along === 0
    ? 'translate(' + shift + ',0) scale(' + stretch + ',1)' : 'translate(0,' + shift + ') scale(1,' + stretch + ')');
}

// Of a path with absolute commands: left, lowest, right, highest.
function extentOf(path) {
  var extent = [Infinity, Infinity, -Infinity, -Infinity];
  function take(axis, value) {
    extent[axis] = Math.min(extent[axis], value);
    extent[axis + 2] = Math.max(extent[axis + 2], value);
  }
  (path.match(/[A-Z][^A-Z]*/g) || []).forEach(function (command) {
    var values = (command.slice(1).match(/-?[\d.]+/g) || []).map(Number);
    values.forEach(function (value, i) {
      take(command[0] === 'H' ? 0 : command[0] === 'V' ? 1 : i % 2, value);
    });
  });
  return extent;
}
