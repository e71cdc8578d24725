#include "ui/models/model_text.h"

#include <QCoreApplication>
#include <QLocale>

namespace kvasir::ui {
namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("ModelText", text);
}

} // namespace

QString parameterText(quint64 parameters)
{
    const QLocale locale;
    constexpr double kBillion = 1e9, kMillion = 1e6, kThousand = 1e3;
    const auto in = [&](double unit) {
        const double value = double(parameters) / unit;
        return locale.toString(value, 'f', value < 100 ? 1 : 0);
    };
    if (double(parameters) >= kBillion)
        return tr("%1\u00a0B").arg(in(kBillion));
    if (double(parameters) >= kMillion)
        return tr("%1\u00a0M").arg(in(kMillion));
    return double(parameters) >= kThousand ? tr("%1\u00a0K").arg(in(kThousand)) : locale.toString(parameters);
}

QString sizeText(quint64 bytes)
{
    return QLocale()
        .formattedDataSize(qint64(bytes), 1, QLocale::DataSizeSIFormat)
        .replace(u' ', QChar::Nbsp);
}

QVector<ModelFact> modelFacts(const ModelCardItem &card, int contextTokens)
{
    const QLocale locale;
    QVector<ModelFact> facts;
    facts.append({ tr("Architecture"),
                   tr("%1, %2\u00a0blocks").arg(card.architecture, locale.toString(card.blocks)) });
    if (card.experts > 0)
        facts.append({ tr("Experts"),
                       tr("%1, of which a token uses %2")
                           .arg(locale.toString(card.experts), locale.toString(card.expertsPerToken)) });
    facts.append({ tr("Parameters"),
                   tr("%1, of which a token uses %2")
                       .arg(parameterText(card.parameters), parameterText(card.activeParameters)) });
    facts.append({ tr("Weights"), tr("%1, %2").arg(card.quantisation, sizeText(card.fileBytes)) });
    const QString limit = locale.toString(card.contextLimit);
    facts.append({ tr("Context"),
                   contextTokens > 0 && contextTokens < card.contextLimit
                       ? tr("%1\u00a0tokens of up to %2").arg(locale.toString(contextTokens), limit)
                       : tr("up to %1\u00a0tokens").arg(limit) });
    if (!card.licence.isEmpty())
        facts.append({ tr("Licence"), card.licence });
    return facts;
}

QString deviceText(const DeviceItem &device)
{
    if (device.gpuName.isEmpty())
        return device.note.isEmpty() ? tr("CPU") : tr("CPU. %1").arg(device.note);
    if (device.expertBlocksOnGpu == device.expertBlocks)
        return device.gpuName;
    return tr("%1\n%2 of %3\u00a0blocks’ experts on the GPU, the others on the CPU")
        .arg(device.gpuName)
        .arg(device.expertBlocksOnGpu)
        .arg(device.expertBlocks);
}

QString tooLargeText(const ModelCardItem &card, const MemoryItem &memory)
{
    return tr("“%1” needs %2 of memory and %3 are available. It would be read from the disk over and over, "
              "and "
              "answer slowly.")
        .arg(card.name, sizeText(card.fixedBytes), sizeText(memory.availableBytes));
}

quint64 kvBytes(const ModelCardItem &card, KvTypeItem type, int contextTokens)
{
    const quint64 perToken =
        type == KvTypeItem::EightBit ? card.kvBytesPerTokenEightBit : card.kvBytesPerTokenF16;
    return perToken * quint64(contextTokens);
}

quint64 neededBytes(const ModelCardItem &card, KvTypeItem type, int contextTokens)
{
    return card.fixedBytes + kvBytes(card, type, contextTokens);
}

} // namespace kvasir::ui
