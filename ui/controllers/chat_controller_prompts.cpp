// The part of the chat controller that deals with system prompts.

#include "ui/controllers/chat_controller.h"
#include "ui/controllers/chat_list_controller.h"

namespace kvasir::ui {

qint64 ChatController::promptId() const
{
    if (m_currentId != 0 && isPrivate())
        return m_private.promptId;
    const auto conversation = m_list.find(m_currentId);
    return conversation ? conversation->systemPromptId : m_newPromptId;
}

QString ChatController::promptText() const
{
    if (m_currentId != 0 && isPrivate())
        return m_private.promptText;
    const auto conversation = m_list.find(m_currentId);
    return conversation ? conversation->systemText : m_newPromptText;
}

QString ChatController::promptLabel() const
{
    if (promptText().isEmpty())
        return tr("No system prompt");
    const auto prompt = m_prompts.find(promptId());
    if (!prompt)
        return tr("Own prompt");
    return prompt->text == promptText() ? prompt->name : tr("%1, changed here").arg(prompt->name);
}

void ChatController::usePrompt(qint64 id)
{
    const auto prompt = m_prompts.find(id).value_or(SystemPromptItem());
    storePrompt(prompt.id, prompt.text);
}

void ChatController::usePromptText(const QString &text, qint64 basedOn)
{
    const QString trimmed = text.trimmed();
    storePrompt(trimmed.isEmpty() ? 0 : basedOn, trimmed);
}

void ChatController::savePrompt(qint64 id, const QString &name, const QString &text, bool useHere)
{
    const QString trimmedName = name.simplified();
    const QString trimmedText = text.trimmed();
    if (trimmedName.isEmpty() || trimmedText.isEmpty() || m_prompts.isNameTaken(trimmedName, id))
        return;
    if (useHere) {
        m_useWhenSaved = trimmedName;
        m_useWhenSavedIn = m_currentId;
    }
    m_port.saveSystemPrompt({ id, trimmedName, trimmedText, m_prompts.isDefault(id) });
}

void ChatController::deletePrompt(qint64 id)
{
    m_port.deleteSystemPrompt(id);
}

void ChatController::setDefaultPrompt(qint64 id)
{
    const auto present = m_prompts.defaultPrompt();
    if (present && present->id != id)
        m_port.saveSystemPrompt({ present->id, present->name, present->text, false });
    if (auto chosen = m_prompts.find(id); chosen && !chosen->isDefault) {
        chosen->isDefault = true;
        m_port.saveSystemPrompt(*chosen);
    }
}

void ChatController::onSystemPromptsLoaded(const QVector<SystemPromptItem> &prompts)
{
    m_prompts.reset(prompts);
    if (!m_newPromptChosen) {
        const auto preset = m_prompts.defaultPrompt().value_or(SystemPromptItem());
        m_newPromptId = preset.id;
        m_newPromptText = preset.text;
    } else if (m_newPromptId != 0 && !m_prompts.find(m_newPromptId)) {
        m_newPromptId = 0; // deleted from the library; the chat to come keeps its text
    }
    if (const auto saved = m_prompts.findByName(m_useWhenSaved); saved && !m_useWhenSaved.isEmpty()) {
        m_useWhenSaved.clear();
        if (m_useWhenSavedIn == m_currentId)
            storePrompt(saved->id, saved->text);
    }
    emit promptChanged();
}

void ChatController::storePrompt(qint64 id, const QString &text)
{
    if (m_currentId != 0) {
        m_port.setSystemText(m_currentId, id, text);
        if (isPrivate()) {
            m_private.promptId = id;
            m_private.promptText = text;
            emit promptChanged();
        }
        return;
    }
    m_newPromptId = id;
    m_newPromptText = text;
    m_newPromptChosen = true;
    emit promptChanged();
}

} // namespace kvasir::ui
