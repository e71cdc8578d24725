#include "ui/controllers/model_settings_form.h"

#include "ui/models/model_text.h"

#include <QLocale>
#include <QThread>

#include <algorithm>

namespace kvasir::ui {
namespace {

constexpr int kLeastContext = 4096;
constexpr int kVramStepMib = 1024;
constexpr quint64 kVramStepBytes = quint64(kVramStepMib) << 20;

QVector<int> stepsUpTo(int limit)
{
    QVector<int> steps;
    for (int step = kLeastContext; step < limit; step *= 2)
        steps.append(step);
    if (limit > 0)
        steps.append(limit);
    return steps;
}

} // namespace

ModelSettingsForm::ModelSettingsForm(ModelPort &port, QObject *parent)
    : QObject(parent)
    , m_port(port)
{
}

void ModelSettingsForm::setModel(const ModelItem &model)
{
    const bool keepsChoice =
        modified() && model.card.path == m_model.card.path && model.settings == m_model.settings;
    m_model = model;
    m_steps = stepsUpTo(model.card.contextLimit);
    if (!keepsChoice)
        m_chosen = model.settings;
    emit modelChanged();
    emit changed();
}

void ModelSettingsForm::setMemory(const MemoryItem &memory)
{
    m_memory = memory;
    emit changed();
}

QVariantList ModelSettingsForm::contextSteps() const
{
    QVariantList steps;
    for (const int step : m_steps)
        steps.append(step);
    return steps;
}

int ModelSettingsForm::contextTokens() const
{
    if (m_chosen.contextTokens > 0)
        return std::min(m_chosen.contextTokens, m_model.card.contextLimit);
    return m_chosen.kvType == KvTypeItem::EightBit ? m_model.card.automaticContextEightBit
                                                   : m_model.card.automaticContextF16;
}

int ModelSettingsForm::contextStep() const
{
    const auto above = std::upper_bound(m_steps.begin(), m_steps.end(), contextTokens());
    return std::max(0, int(above - m_steps.begin()) - 1);
}

void ModelSettingsForm::setContextStep(int step)
{
    if (step < 0 || step >= m_steps.size() || (step == contextStep() && !contextAutomatic()))
        return;
    m_chosen.contextTokens = m_steps[step];
    emit changed();
}

void ModelSettingsForm::chooseAutomaticContext()
{
    m_chosen.contextTokens = 0;
    emit changed();
}

void ModelSettingsForm::setKvType(int type)
{
    m_chosen.kvType = type == int(KvTypeItem::EightBit) ? KvTypeItem::EightBit : KvTypeItem::F16;
    emit changed();
}

int ModelSettingsForm::mostThreads() const
{
    return std::max(1, QThread::idealThreadCount());
}

int ModelSettingsForm::threads() const
{
    return m_chosen.threads > 0 ? m_chosen.threads : mostThreads();
}

void ModelSettingsForm::setThreads(int threads)
{
    threads = std::clamp(threads, 1, mostThreads());
    // All of them stays all of them on a machine with more.
    m_chosen.threads = threads == mostThreads() ? 0 : threads;
    emit changed();
}

void ModelSettingsForm::setOnGpu(bool on)
{
    m_chosen.onGpu = on;
    emit changed();
}

int ModelSettingsForm::vramSteps() const
{
    return int(m_memory.gpuTotalBytes / kVramStepBytes) + 1;
}

int ModelSettingsForm::vramStep() const
{
    const int last = vramSteps() - 1;
    return m_chosen.vramMib == 0 ? last : std::clamp(m_chosen.vramMib / kVramStepMib - 1, 0, last);
}

void ModelSettingsForm::setVramStep(int step)
{
    m_chosen.vramMib = step >= vramSteps() - 1 ? 0 : (std::max(0, step) + 1) * kVramStepMib;
    emit changed();
}

QString ModelSettingsForm::vramText() const
{
    if (m_chosen.vramMib == 0)
        return tr("GPU memory: all that is free, but for 1\u00a0GiB");
    return tr("GPU memory: at most %1\u00a0GiB. Experts that find no room are computed by the CPU.")
        .arg(m_chosen.vramMib / kVramStepMib);
}

void ModelSettingsForm::apply()
{
    if (modified())
        m_port.applySettings(m_chosen);
}

void ModelSettingsForm::revert()
{
    m_chosen = m_model.settings;
    emit changed();
}

QString ModelSettingsForm::contextText() const
{
    const QString tokens = tr("%1\u00a0tokens").arg(QLocale().toString(contextTokens()));
    if (!contextAutomatic())
        return tokens;
    return contextTokens() == m_model.card.contextLimit
        ? tr("%1, all that the model was made for").arg(tokens)
        : tr("%1, chosen for this machine").arg(tokens);
}

QString ModelSettingsForm::kvCostText() const
{
    return tr("A full context takes %1.")
        .arg(sizeText(kvBytes(m_model.card, m_chosen.kvType, contextTokens())));
}

QString ModelSettingsForm::kvTypeText() const
{
    const quint64 half = kvBytes(m_model.card, KvTypeItem::F16, contextTokens());
    const quint64 eight = kvBytes(m_model.card, KvTypeItem::EightBit, contextTokens());
    if (half <= eight)
        return tr("8 bit saves nothing with this model.");
    return m_chosen.kvType == KvTypeItem::EightBit
        ? tr("Saves %1. Chats are computed anew for it once.").arg(sizeText(half - eight))
        : tr("The more precise one. 8 bit would save %1.").arg(sizeText(half - eight));
}

quint64 ModelSettingsForm::needed() const
{
    return neededBytes(m_model.card, m_chosen.kvType, contextTokens());
}

quint64 ModelSettingsForm::available() const
{
    if (m_memory.availableBytes == 0 || gpuName().isEmpty() || !onGpu())
        return m_memory.availableBytes;
    const quint64 vram = quint64(m_chosen.vramMib) << 20;
    return m_memory.availableBytes
        + (vram == 0 ? m_memory.gpuFreeBytes : std::min(vram, m_memory.gpuFreeBytes));
}

QString ModelSettingsForm::memoryText() const
{
    return available() > 0 ? tr("%1 of %2 available").arg(sizeText(needed()), sizeText(available()))
                           : sizeText(needed());
}

ModelSettingsForm::Fit ModelSettingsForm::fit() const
{
    if (available() == 0)
        return Fits;
    if (neededBytes(m_model.card, m_chosen.kvType, 0) > available())
        return WeightsTooLarge;
    if (needed() > available())
        return ContextTooLarge;
    return needed() > available() / 10 * 9 ? Tight : Fits;
}

QString ModelSettingsForm::memoryDetail() const
{
    switch (fit()) {
    case WeightsTooLarge:
        return tr("The weights don't fit into memory: they are read from the disk over and over, which is "
                  "slow.");
    case ContextTooLarge:
        return tr("Long chats would not fit into memory. Choose a shorter context, or close other programs.");
    case Tight:
        return tr("Long chats would leave little memory for other programs.");
    case Fits:
        break;
    }
    return tr("%1 for the model itself, the rest for a full context.")
        .arg(sizeText(neededBytes(m_model.card, m_chosen.kvType, 0)));
}

double ModelSettingsForm::shareOf(quint64 bytes) const
{
    const quint64 whole = std::max({ needed(), available(), quint64(1) });
    return double(bytes) / double(whole);
}

double ModelSettingsForm::weightShare() const
{
    return shareOf(neededBytes(m_model.card, m_chosen.kvType, 0));
}

double ModelSettingsForm::kvShare() const
{
    return shareOf(kvBytes(m_model.card, m_chosen.kvType, contextTokens()));
}

} // namespace kvasir::ui
