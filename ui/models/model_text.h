#pragma once

#include "ui/ports/model_port.h"

#include <QString>
#include <QVector>

namespace kvasir::ui {

// A model in words and numbers for a person.

struct ModelFact {
    QString label;
    QString value;
};

/// "15.7 B": billions, millions or thousands.
QString parameterText(quint64 parameters);
/// "10.4 GB", in powers of ten, as disks and memory are sold.
QString sizeText(quint64 bytes);

/// What the card says, in the order in which it matters; what is not known is left out. `contextTokens` are
/// those in effect, 0 where there is none.
QVector<ModelFact> modelFacts(const ModelCardItem &card, int contextTokens);
/// "NVIDIA GeForce RTX 4070", and how many blocks' experts it has; "CPU", and why where that was not wanted.
QString deviceText(const DeviceItem &device);
/// That it is larger than memory, and what this means.
QString tooLargeText(const ModelCardItem &card, const MemoryItem &memory);

/// What `contextTokens` of this type take, in bytes.
quint64 kvBytes(const ModelCardItem &card, KvTypeItem type, int contextTokens);
/// What the loaded model holds once that context is full.
quint64 neededBytes(const ModelCardItem &card, KvTypeItem type, int contextTokens);

} // namespace kvasir::ui
