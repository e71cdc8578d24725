#pragma once

#include <QRectF>
#include <QString>
#include <QTextCharFormat>
#include <QVector>

class QTextDocument;

namespace kvasir::ui {

struct FormulaExtent;

/// A formula in a document is one character that only takes room. Where that is can be asked, to draw
/// something there: what Qt Quick itself draws in a text stands on the baseline, and formulas go below it.
struct PlacedFormula {
    QString latex;
    bool display = false;
    QRectF rect; ///< in the document's pixels
};

/// Lets the document's layout give room to formulas.
void reserveFormulaRoom(QTextDocument &document);

/// The format of a formula's character in a text of the given format.
QTextCharFormat formulaFormat(QTextCharFormat around, const QString &latex, bool display,
                              const FormulaExtent &extent);

/// Lays out the document as far as it is needed.
QVector<PlacedFormula> placedFormulas(const QTextDocument &document);

/// The text between two positions, with formulas as LaTeX in their delimiters and tabs between a table's
/// cells.
QString sourceBetween(const QTextDocument &document, int begin, int end);

} // namespace kvasir::ui
