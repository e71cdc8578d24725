#include "ui/models/system_prompt_model.h"

#include <algorithm>

namespace kvasir::ui {
namespace {

template <typename Predicate>
std::optional<SystemPromptItem> findIf(const QVector<SystemPromptItem> &items, Predicate predicate)
{
    const auto found = std::find_if(items.cbegin(), items.cend(), predicate);
    return found == items.cend() ? std::nullopt : std::optional(*found);
}

} // namespace

int SystemPromptModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_items.size());
}

QVariant SystemPromptModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const SystemPromptItem &item = m_items[index.row()];
    switch (role) {
    case IdRole:
        return item.id;
    case Qt::DisplayRole:
    case NameRole:
        return item.name;
    case TextRole:
        return item.text;
    case DefaultRole:
        return item.isDefault;
    default:
        return {};
    }
}

QHash<int, QByteArray> SystemPromptModel::roleNames() const
{
    return {
        { IdRole, "promptId" }, { NameRole, "name" }, { TextRole, "text" }, { DefaultRole, "isDefault" }
    };
}

void SystemPromptModel::reset(QVector<SystemPromptItem> prompts)
{
    std::sort(prompts.begin(), prompts.end(), [](const SystemPromptItem &a, const SystemPromptItem &b) {
        return a.name.localeAwareCompare(b.name) < 0;
    });
    beginResetModel();
    m_items = std::move(prompts);
    endResetModel();
}

std::optional<SystemPromptItem> SystemPromptModel::find(qint64 id) const
{
    return findIf(m_items, [id](const SystemPromptItem &item) { return item.id == id; });
}

std::optional<SystemPromptItem> SystemPromptModel::findByName(const QString &name) const
{
    return findIf(m_items, [&name](const SystemPromptItem &item) { return item.name == name; });
}

std::optional<SystemPromptItem> SystemPromptModel::defaultPrompt() const
{
    return findIf(m_items, [](const SystemPromptItem &item) { return item.isDefault; });
}

QString SystemPromptModel::nameOf(qint64 id) const
{
    return find(id).value_or(SystemPromptItem()).name;
}

QString SystemPromptModel::textOf(qint64 id) const
{
    return find(id).value_or(SystemPromptItem()).text;
}

bool SystemPromptModel::isDefault(qint64 id) const
{
    return find(id).value_or(SystemPromptItem()).isDefault;
}

bool SystemPromptModel::isNameTaken(const QString &name, qint64 exceptId) const
{
    const std::optional<SystemPromptItem> found = findByName(name.trimmed());
    return found && found->id != exceptId;
}

} // namespace kvasir::ui
