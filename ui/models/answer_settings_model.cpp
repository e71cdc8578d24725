#include "ui/models/answer_settings_model.h"

#include <QLocale>
#include <QVector>

#include <cmath>
#include <limits>

namespace kvasir::ui {
namespace {

using Setting = std::optional<double> AnswerSettingsItem::*;

struct Row {
    Setting setting;
    const char *name;
    const char *explanation; ///< for somebody who never heard of it
    QVector<double> steps; ///< ascending; 0 at the end is no limit
    QString (*text)(double value);
};

QString tr(const char *text)
{
    return AnswerSettingsModel::tr(text);
}

QString number(double value)
{
    return QLocale().toString(value, 'g', 3);
}

QString percent(double value)
{
    return tr("%1\u00a0%").arg(number(value * 100));
}

/// From `first` to `last`, so many of them to 1.
QVector<double> evenly(double first, double last, int toOne)
{
    QVector<double> steps;
    for (int i = int(std::lround(first * toOne)); i <= int(std::lround(last * toOne)); ++i)
        steps << double(i) / toOne;
    return steps;
}

const QVector<Row> &rows()
{
    static const QVector<Row> rows = {
        { &AnswerSettingsItem::temperature, QT_TRANSLATE_NOOP("AnswerSettingsModel", "Temperature"),
          QT_TRANSLATE_NOOP("AnswerSettingsModel",
                            "Low, the answer is predictable; high, it is full of surprises."),
          evenly(0, 2, 10), number },
        { &AnswerSettingsItem::maxTokens,
          QT_TRANSLATE_NOOP("AnswerSettingsModel", "Longest answer"),
          QT_TRANSLATE_NOOP("AnswerSettingsModel",
                            "Thoughts included. A longer one is cut off, and can be gone on with."),
          { 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 0 },
          [](double value) {
              return value == 0 ? tr("No limit") : tr("%1\u00a0tokens").arg(QLocale().toString(int(value)));
          } },
        { &AnswerSettingsItem::topP, QT_TRANSLATE_NOOP("AnswerSettingsModel", "Top-p"),
          QT_TRANSLATE_NOOP("AnswerSettingsModel",
                            "Chooses among the likeliest words that together reach this probability."),
          evenly(0.05, 1, 20), [](double value) { return value == 1 ? tr("Off") : percent(value); } },
        { &AnswerSettingsItem::minP,
          QT_TRANSLATE_NOOP("AnswerSettingsModel", "Min-p"),
          QT_TRANSLATE_NOOP("AnswerSettingsModel",
                            "Leaves out words that are less probable than this part of the likeliest one."),
          { 0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5 },
          [](double value) { return value == 0 ? tr("Off") : percent(value); } },
        { &AnswerSettingsItem::topK,
          QT_TRANSLATE_NOOP("AnswerSettingsModel", "Top-k"),
          QT_TRANSLATE_NOOP("AnswerSettingsModel", "Chooses among this many of the likeliest words."),
          { 1, 5, 10, 20, 40, 60, 80, 100, 200, 500, 0 },
          [](double value) { return value == 0 ? tr("Off") : QLocale().toString(int(value)); } },
        { &AnswerSettingsItem::repetitionPenalty,
          QT_TRANSLATE_NOOP("AnswerSettingsModel", "Repetition penalty"),
          QT_TRANSLATE_NOOP("AnswerSettingsModel", "Makes words that were just used less probable."),
          { 1, 1.02, 1.05, 1.1, 1.15, 1.2, 1.3, 1.5, 2 },
          [](double value) { return value == 1 ? tr("Off") : number(value); } },
    };
    return rows;
}

int stepOf(const Row &row, double value)
{
    const bool endsWithoutLimit = row.steps.last() == 0;
    const int last = int(row.steps.size()) - 1;
    if (endsWithoutLimit && value == 0)
        return last;
    int nearest = 0;
    for (int step = 0; step < (endsWithoutLimit ? last : last + 1); ++step) {
        if (std::abs(row.steps[step] - value) < std::abs(row.steps[nearest] - value))
            nearest = step;
    }
    return nearest;
}

} // namespace

int AnswerSettingsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(rows().size());
}

QVariant AnswerSettingsModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Row &row = rows()[index.row()];
    const double inherited = (m_inherited.*row.setting).value_or(0);
    const double value = (m_chosen.*row.setting).value_or(inherited);
    switch (role) {
    case Qt::DisplayRole:
    case NameRole:
        return tr(row.name);
    case ExplanationRole:
        return tr(row.explanation);
    case ValueTextRole:
        return row.text(value);
    case StepRole:
        return stepOf(row, value);
    case StepsRole:
        return int(row.steps.size());
    case ChosenRole:
        return (m_chosen.*row.setting).has_value();
    case InheritedTextRole:
        return row.text(inherited);
    default:
        return {};
    }
}

QHash<int, QByteArray> AnswerSettingsModel::roleNames() const
{
    return {
        { NameRole, "name" },
        { ExplanationRole, "explanation" },
        { ValueTextRole, "valueText" },
        { StepRole, "step" },
        { StepsRole, "steps" },
        { ChosenRole, "chosen" },
        { InheritedTextRole, "inheritedText" },
    };
}

void AnswerSettingsModel::show(const AnswerSettingsItem &chosen, const AnswerSettingsItem &inherited)
{
    m_chosen = chosen;
    m_inherited = inherited;
    emit dataChanged(index(0), index(rowCount() - 1));
}

void AnswerSettingsModel::choose(int row, int step)
{
    if (row < 0 || row >= rowCount() || step < 0 || step >= rows()[row].steps.size())
        return;
    m_chosen.*rows()[row].setting = rows()[row].steps[step];
    emit dataChanged(index(row), index(row));
}

void AnswerSettingsModel::reset(int row)
{
    if (row < 0 || row >= rowCount())
        return;
    (m_chosen.*rows()[row].setting).reset();
    emit dataChanged(index(row), index(row));
}

} // namespace kvasir::ui
