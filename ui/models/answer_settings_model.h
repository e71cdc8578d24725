#pragma once

#include "ui/ports/answer_settings_port.h"

#include <QAbstractListModel>
#include <QtQml/qqmlregistration.h>

namespace kvasir::ui {

/// The settings of answers that are numbers, one a row: what holds, in which steps it is chosen, and what it
/// goes back to. GUI thread only.
class AnswerSettingsModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The settings' controller owns it")

public:
    enum Role {
        NameRole = Qt::UserRole + 1,
        ExplanationRole,
        ValueTextRole,
        StepRole, ///< the one next to the value …
        StepsRole, ///< … of so many
        ChosenRole, ///< otherwise it is what it goes back to
        InheritedTextRole, ///< what it goes back to
    };

    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    const AnswerSettingsItem &chosen() const { return m_chosen; }
    /// `inherited` holds where nothing is chosen, and has a value for each row.
    void show(const AnswerSettingsItem &chosen, const AnswerSettingsItem &inherited);
    void choose(int row, int step);
    /// Nothing is chosen any more.
    void reset(int row);

private:
    AnswerSettingsItem m_chosen;
    AnswerSettingsItem m_inherited;
};

} // namespace kvasir::ui
