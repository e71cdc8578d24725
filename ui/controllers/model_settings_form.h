#pragma once

#include "ui/ports/model_port.h"

#include <QObject>
#include <QVariantList>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// The form in which a person sets how the present model is run: what is chosen and not applied yet, and what
/// it would take. GUI thread only.
class ModelSettingsForm : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("It belongs to the ModelController")
    /// Tokens to choose from, ascending: powers of two and the model's limit. Empty without a model.
    Q_PROPERTY(QVariantList contextSteps READ contextSteps NOTIFY modelChanged)
    Q_PROPERTY(int contextStep READ contextStep WRITE setContextStep NOTIFY changed)
    Q_PROPERTY(bool contextAutomatic READ contextAutomatic NOTIFY changed)
    /// 0: F16, 1: 8 bit.
    Q_PROPERTY(int kvType READ kvType WRITE setKvType NOTIFY changed)
    /// At least 1.
    Q_PROPERTY(int threads READ threads WRITE setThreads NOTIFY changed)
    Q_PROPERTY(int mostThreads READ mostThreads CONSTANT)
    /// Empty: there is no GPU to choose.
    Q_PROPERTY(QString gpuName READ gpuName NOTIFY changed)
    Q_PROPERTY(bool onGpu READ onGpu WRITE setOnGpu NOTIFY changed)
    /// Of what the model may take of the GPU's memory: the last stands for all that is free.
    Q_PROPERTY(int vramSteps READ vramSteps NOTIFY changed)
    Q_PROPERTY(int vramStep READ vramStep WRITE setVramStep NOTIFY changed)
    Q_PROPERTY(QString vramText READ vramText NOTIFY changed)
    Q_PROPERTY(bool modified READ modified NOTIFY changed)

    Q_PROPERTY(QString contextText READ contextText NOTIFY changed)
    Q_PROPERTY(QString kvCostText READ kvCostText NOTIFY changed)
    Q_PROPERTY(QString kvTypeText READ kvTypeText NOTIFY changed)
    Q_PROPERTY(QString memoryText READ memoryText NOTIFY changed)
    /// What takes the memory, or a warning where it is little.
    Q_PROPERTY(QString memoryDetail READ memoryDetail NOTIFY changed)
    Q_PROPERTY(Fit fit READ fit NOTIFY changed)
    /// Parts of the memory that is available (or needed, where that is more), 0 to 1.
    Q_PROPERTY(double weightShare READ weightShare NOTIFY changed)
    Q_PROPERTY(double kvShare READ kvShare NOTIFY changed)

public:
    /// What is available is enough, nearly used up, too little for a full context, too little for the
    /// weights.
    enum Fit { Fits, Tight, ContextTooLarge, WeightsTooLarge };
    Q_ENUM(Fit)

    explicit ModelSettingsForm(ModelPort &port, QObject *parent = nullptr);

    /// Starts from what is in effect, unless a person is in the middle of changing the same model.
    void setModel(const ModelItem &model);
    void setMemory(const MemoryItem &memory);

    QVariantList contextSteps() const;
    int contextStep() const;
    void setContextStep(int step);
    bool contextAutomatic() const { return m_chosen.contextTokens == 0; }
    int kvType() const { return int(m_chosen.kvType); }
    void setKvType(int type);
    int threads() const;
    void setThreads(int threads);
    int mostThreads() const;
    QString gpuName() const { return m_memory.gpuName; }
    bool onGpu() const { return m_chosen.onGpu; }
    void setOnGpu(bool on);
    int vramSteps() const;
    int vramStep() const;
    void setVramStep(int step);
    QString vramText() const;
    bool modified() const { return !(m_chosen == m_model.settings); }

    QString contextText() const;
    QString kvCostText() const;
    QString kvTypeText() const;
    QString memoryText() const;
    QString memoryDetail() const;
    Fit fit() const;
    double weightShare() const;
    double kvShare() const;

    Q_INVOKABLE void chooseAutomaticContext();
    Q_INVOKABLE void apply();
    Q_INVOKABLE void revert();

signals:
    void modelChanged();
    void changed();

private:
    int contextTokens() const;
    quint64 needed() const;
    /// The memory that the model may take, with the GPU's where that computes; 0: not known.
    quint64 available() const;
    double shareOf(quint64 bytes) const;

    ModelPort &m_port;
    ModelItem m_model;
    MemoryItem m_memory;
    ModelSettingsItem m_chosen;
    QVector<int> m_steps;
};

} // namespace kvasir::ui
