#pragma once

#include "ui/ports/storage_port.h"

#include <QString>

namespace kvasir::ui {

// What is kept on the disk, in words and numbers for a person.

/// "312.0 MB, of which 40.2 MB are shared".
QString keptSizeText(const StoredChatItem &chat);
/// "Used today · 4,096 tokens reused · 35 s saved".
QString keptUseText(const StoredChatItem &chat);

/// "1.2 GB of up to 32.0 GB · the disk has 120.4 GB free".
QString keptTotalText(const StorageItem &storage);
/// "So far, 41,216 tokens did not have to be computed again. That saved 12 min."; empty before the first.
QString savedTotalText(const StorageItem &storage);
/// Why nothing is kept at the moment; empty where all is well.
QString savingProblemText(const StorageItem &storage);

/// "30 days", "1 year"; 0: "No end".
QString daysText(int days);
/// "84 ms", "35 s", "12 min", "3.5 h".
QString durationText(quint64 ms);

} // namespace kvasir::ui
