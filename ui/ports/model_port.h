#pragma once

#include <QObject>
#include <QString>
#include <QVector>

namespace kvasir::ui {

enum class KvTypeItem { F16, EightBit };

/// How a model is run.
struct ModelSettingsItem {
    int contextTokens = 0; ///< 0: chosen by the program
    KvTypeItem kvType = KvTypeItem::F16;
    int threads = 0; ///< 0: one for each processor
    bool onGpu = true; ///< where there is one
    int vramMib = 0; ///< what may be taken of the GPU's memory; 0: what is free, but for a little

    bool operator==(const ModelSettingsItem &other) const = default;
};

/// What a model is and what it takes. Sizes in bytes.
struct ModelCardItem {
    QString path;
    QString name;
    QString architecture;
    QString quantisation;
    QString licence; ///< may be empty
    bool isStarter = false;
    quint64 parameters = 0;
    quint64 activeParameters = 0; ///< for one token
    quint64 fileBytes = 0;
    int blocks = 0;
    int experts = 0; ///< routed ones in a block; 0: none
    int expertsPerToken = 0;
    int contextLimit = 0;
    /// The context that is chosen where the person chooses none, by KV type.
    int automaticContextF16 = 0;
    int automaticContextEightBit = 0;
    quint64 fixedBytes = 0; ///< of memory, whatever the context
    quint64 kvBytesPerTokenF16 = 0;
    quint64 kvBytesPerTokenEightBit = 0;
};

struct MemoryItem {
    quint64 totalBytes = 0;
    quint64 availableBytes = 0; ///< what the model may take; 0: not known
    QString gpuName = {}; ///< empty: there is no GPU that can compute models
    quint64 gpuTotalBytes = 0;
    quint64 gpuFreeBytes = 0;
};

/// What computes a model.
struct DeviceItem {
    QString gpuName; ///< empty: the processor
    int expertBlocks = 0; ///< blocks with routed experts
    int expertBlocksOnGpu = 0; ///< those whose experts are not left to the processor
    quint64 gpuBytes = 0; ///< taken of the GPU's memory
    QString note; ///< why it is not the GPU that was to
};

/// The model that answers.
struct ModelItem {
    enum class State { None, Loading, Ready, Failed };
    State state = State::None;
    QString name;
    QString note; ///< a remark, or why it can't be used
    bool waiting = false; ///< Loading, but another answer or loading ends first
    double progress = -1; ///< of Loading, 0 to 1; negative: not known
    ModelCardItem card; ///< without a path where its file was not read yet or can't be
    ModelSettingsItem settings;
    int contextTokens = 0; ///< in effect; this, threads and device only when Ready
    int threads = 0;
    DeviceItem device;
};

/// A model that was asked for and does not answer (yet).
struct ModelOfferItem {
    enum class Kind {
        None,
        Reading, ///< its card is being read
        Refused, ///< it can't be used; `note` says why. The model before it goes on
        TooLarge ///< larger than memory: waits for the person's word
    };
    Kind kind = Kind::None;
    QString name;
    QString note;
    ModelCardItem card; ///< of TooLarge
};

struct RecentModelItem {
    QString path; ///< empty: the starter model
    QString name;
    QString quantisation;
};

/// Everything that the window asks about models. The interface lives in the GUI thread; calls return at once
/// and their effects arrive as signals, in order.
class ModelPort : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    /// Reads the file's card, then loads it in place of the present model; a newer call replaces an older
    /// one.
    virtual void openModel(const QString &path) = 0;
    virtual void openStarter() = 0;
    /// The answer to an offer of a model that is too large.
    virtual void acceptOffer() = 0;
    /// Takes back an offer, whatever its kind.
    virtual void dismissOffer() = 0;
    /// Loads the present model again with these, which are remembered.
    virtual void applySettings(const ModelSettingsItem &settings) = 0;
    virtual void measureMemory() = 0;

signals:
    void modelChanged(const kvasir::ui::ModelItem &model);
    void offerChanged(const kvasir::ui::ModelOfferItem &offer);
    /// Newest first; the one in use among them.
    void recentChanged(const QVector<kvasir::ui::RecentModelItem> &models);
    void memoryMeasured(const kvasir::ui::MemoryItem &memory);
};

} // namespace kvasir::ui
