#pragma once

#include "ui/markdown/fence_finder.h"

#include <QByteArray>
#include <QString>
#include <QVector>

namespace kvasir::ui {

/// A formula in Markdown: `$…$`, `$$…$$`, `\(…\)` or `\[…\]`.
struct FormulaSpan {
    qsizetype begin = 0; ///< bytes from the text's beginning, with the delimiters
    qsizetype length = 0;
    QString latex; ///< without them
    bool display = false;
    bool open = false; ///< the text ends before the formula does
};

/// Finds the formulas of Markdown in UTF-8, in order. What is inside code is none (`fences` are in order;
/// code spans are found here), and neither are prices: a dollar sign opens a formula only before something
/// that is no space, and closes one only after such and not before a digit or letter.
QVector<FormulaSpan> findFormulas(const QByteArray &utf8, const QVector<CodeRange> &fences);

/// Writes over each formula with one word of the same length in bytes, so that its marks mean nothing to a
/// Markdown parser.
void maskFormulas(QByteArray &utf8, const QVector<FormulaSpan> &formulas);

} // namespace kvasir::ui
