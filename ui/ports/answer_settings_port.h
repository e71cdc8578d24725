#pragma once

#include <QObject>

#include <optional>

namespace kvasir::ui {

/// What is chosen of how answers are made: for all chats, or for one. What is absent is not. Of top-k and the
/// longest answer 0 is no limit, both being whole numbers; top-p 1, min-p 0 and a repetition penalty of 1 do
/// nothing.
struct AnswerSettingsItem {
    std::optional<double> temperature;
    std::optional<double> topP;
    std::optional<double> minP;
    std::optional<double> topK;
    std::optional<double> repetitionPenalty;
    std::optional<double> maxTokens; ///< of an answer
    std::optional<quint64> seed; ///< of every answer; else each has a fresh one

    bool operator==(const AnswerSettingsItem &other) const = default;
};

/// Everything that the window asks about how answers are made. The interface lives in the GUI thread; calls
/// return at once and their effects arrive as signals.
class AnswerSettingsPort : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    /// What holds where nothing is chosen: all of it but the seed.
    virtual AnswerSettingsItem defaults() const = 0;
    /// Of all chats where the id is 0; `loaded` follows.
    virtual void load(qint64 conversationId) = 0;
    /// For the answers to come, without a signal. What is chosen for a chat goes before what is for all.
    virtual void keep(qint64 conversationId, const AnswerSettingsItem &settings) = 0;

signals:
    void loaded(qint64 conversationId, const kvasir::ui::AnswerSettingsItem &settings);
};

} // namespace kvasir::ui
