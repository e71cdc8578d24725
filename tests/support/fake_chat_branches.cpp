// The part of the fake chat port that deals with branches. What is shown of a chat is in `messages`;
// alternatives to it are tails that are kept apart, each under the message that it follows.

#include "tests/support/fake_chat_port.h"

#include <algorithm>

namespace kvasir::ui {

FakeChatPort::Place FakeChatPort::placeOf(qint64 messageId) const {
  for (auto chat = messages.cbegin(); chat != messages.cend(); ++chat) {
    for (qsizetype row = 0; row < chat->size(); ++row) {
      if (chat->at(row).id == messageId) return {chat.key(), row, row == 0 ? 0 : chat->at(row - 1).id};
    }
  }
  return {};
}

FakeChatPort::Tail FakeChatPort::takeTail(const Place& place) {
  auto& shown = messages[place.conversationId];
  Tail tail{place.conversationId, place.parentId, shown.mid(place.row)};
  shown.resize(place.row);
  return tail;
}

void FakeChatPort::showTail(const Tail& tail) {
  messages[tail.conversationId] += tail.messages;
}

QVector<MessageItem*> FakeChatPort::alternativesAt(qint64 conversationId, qint64 parentId) {
  QVector<MessageItem*> found;
  for (Tail& tail : m_hidden) {
    if (tail.conversationId == conversationId && tail.parentId == parentId) found << &tail.messages.first();
  }
  auto& shown = messages[conversationId];
  const qsizetype row = parentId == 0 ? 0 : placeOf(parentId).row + 1;
  if (row < shown.size()) found << &shown[row];
  std::sort(found.begin(), found.end(), [](auto* a, auto* b) { return a->id < b->id; });
  return found;
}

void FakeChatPort::reportBranch(const Place& place) {
  const auto alternatives = alternativesAt(place.conversationId, place.parentId);
  for (MessageItem* item : alternatives) {
    item->alternative = int(alternatives.indexOf(item));
    item->alternatives = int(alternatives.size());
  }
  emit branchChanged(place.conversationId, place.parentId,
                     messages.value(place.conversationId).mid(place.row));
}

void FakeChatPort::regenerate(qint64 messageId) {
  calls << QStringLiteral("regenerate %1").arg(messageId);
  later([=, this] {
    Place place = placeOf(messageId);
    if (message(place.conversationId, messageId)->role == MessageRole::User)
      place = {place.conversationId, place.row + 1, messageId};
    if (const Tail tail = takeTail(place); !tail.messages.isEmpty()) m_hidden << tail;
    appendAnswer(place.conversationId);
    reportBranch(place);
  });
}

void FakeChatPort::editMessage(qint64 messageId, const QString& text) {
  calls << QStringLiteral("edit %1 %2").arg(messageId).arg(text);
  later([=, this] {
    const Place place = placeOf(messageId);
    MessageItem edited;
    edited.id = m_nextId++;
    edited.role = message(place.conversationId, messageId)->role;
    edited.text = text;
    edited.editedAt = QDateTime::currentDateTime();
    m_hidden << takeTail(place);
    messages[place.conversationId] << edited;
    if (edited.role == MessageRole::User) appendAnswer(place.conversationId);
    reportBranch(place);
  });
}

void FakeChatPort::showHidden(const Place& place, qint64 wanted) {
  const auto found = std::find_if(m_hidden.begin(), m_hidden.end(),
                                  [=](const Tail& tail) { return tail.messages.first().id == wanted; });
  if (found == m_hidden.end()) return;
  const Tail tail = *found;
  m_hidden.erase(found);
  m_hidden << takeTail(place);
  showTail(tail);
  reportBranch(place);
}

void FakeChatPort::showAlternative(qint64 messageId, int alternative) {
  calls << QStringLiteral("alternative %1 %2").arg(messageId).arg(alternative);
  later([=, this] {
    const Place place = placeOf(messageId);
    showHidden(place, alternativesAt(place.conversationId, place.parentId).at(alternative)->id);
  });
}

void FakeChatPort::showMessage(qint64 messageId) {
  calls << QStringLiteral("show %1").arg(messageId);
  later([=, this] {
    for (const Tail& tail : m_hidden) {
      if (tail.messages.first().id != messageId) continue;
      const qsizetype row = tail.parentId == 0 ? 0 : placeOf(tail.parentId).row + 1;
      showHidden({tail.conversationId, row, tail.parentId}, messageId);
      return;
    }
  });
}

void FakeChatPort::deleteMessage(qint64 messageId) {
  calls << QStringLiteral("delete-message %1").arg(messageId);
  later([=, this] {
    const Place place = placeOf(messageId);
    m_removed << takeTail(place);
    const auto newest = std::max_element(m_hidden.begin(), m_hidden.end(), [&](const Tail& a, const Tail& b) {
      const auto rank = [&](const Tail& tail) {
        return tail.parentId == place.parentId ? tail.messages.first().id : 0;
      };
      return rank(a) < rank(b);
    });
    if (newest != m_hidden.end() && newest->parentId == place.parentId) {
      const Tail tail = *newest;
      m_hidden.erase(newest);
      showTail(tail);
    }
    reportBranch(place);
  });
}

void FakeChatPort::restoreMessage(qint64 conversationId, qint64 messageId) {
  calls << QStringLiteral("restore-message %1").arg(messageId);
  later([=, this] {
    const auto found = std::find_if(m_removed.begin(), m_removed.end(),
                                    [=](const Tail& tail) { return tail.messages.last().id == messageId; });
    const Tail tail = *found;
    m_removed.erase(found);
    const Place place{conversationId, tail.parentId == 0 ? 0 : placeOf(tail.parentId).row + 1, tail.parentId};
    if (const Tail shown = takeTail(place); !shown.messages.isEmpty()) m_hidden << shown;
    showTail(tail);
    reportBranch(place);
  });
}

void FakeChatPort::forkConversation(qint64 messageId) {
  calls << QStringLiteral("fork %1").arg(messageId);
  later([=, this] {
    const Place place = placeOf(messageId);
    const qint64 fork = addConversation(list.find(place.conversationId)->title + QStringLiteral(" (fork)"),
                                        messages.value(place.conversationId).mid(0, place.row + 1));
    for (MessageItem& item : messages[fork]) std::tie(item.alternative, item.alternatives) = std::pair(0, 1);
    emit list.conversationChanged(list.conversations.last());
    emit conversationForked(fork);
  });
}

}  // namespace kvasir::ui
