#pragma once

#include <QString>

namespace kvasir::ui {

/// Text with the controls that reorder what follows them (U+202A … U+202E, U+2066 … U+2069) written out, so
/// that nothing reads differently from what it is.
QString visibleText(const QString &text);

/// Whether a click on it may open it outside: it leads to http, https or mailto.
bool isSafeLink(const QString &href);

} // namespace kvasir::ui
