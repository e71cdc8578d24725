// The parts of MathJax that Kvasir uses; `bundle` makes mathjax.js of this.
require('mathjax-full/js/input/tex/base/BaseConfiguration.js');
require('mathjax-full/js/input/tex/ams/AmsConfiguration.js');
require('mathjax-full/js/input/tex/newcommand/NewcommandConfiguration.js');
require('mathjax-full/js/input/tex/boldsymbol/BoldsymbolConfiguration.js');
require('mathjax-full/js/input/tex/braket/BraketConfiguration.js');
require('mathjax-full/js/input/tex/cancel/CancelConfiguration.js');
require('mathjax-full/js/input/tex/mhchem/MhchemConfiguration.js');
require('mathjax-full/js/input/tex/textmacros/TextMacrosConfiguration.js');

MathJaxParts = {
  mathjax: require('mathjax-full/js/mathjax.js').mathjax,
  TeX: require('mathjax-full/js/input/tex.js').TeX,
  MapHandler: require('mathjax-full/js/input/tex/MapHandler.js').MapHandler,
  SVG: require('mathjax-full/js/output/svg.js').SVG,
  liteAdaptor: require('mathjax-full/js/adaptors/liteAdaptor.js').liteAdaptor,
  RegisterHTMLHandler: require('mathjax-full/js/handlers/html.js').RegisterHTMLHandler
};
