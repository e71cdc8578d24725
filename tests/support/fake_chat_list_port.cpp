#include "tests/support/fake_chat_list_port.h"

#include <QTimer>
#include <algorithm>

namespace kvasir::ui {

void FakeChatListPort::later(std::function<void()> effect) {
  QTimer::singleShot(0, this, std::move(effect));
}

ConversationItem* FakeChatListPort::find(qint64 id) {
  const auto found = findById(conversations, id);
  return found == conversations.end() ? nullptr : &*found;
}

void FakeChatListPort::report(const ConversationItem& conversation) {
  later([this, conversation] { emit conversationChanged(conversation); });
}

void FakeChatListPort::loadConversations() {
  later([this] {
    emit foldersLoaded(folders);
    emit conversationsLoaded(conversations);
    emit newDraftLoaded(newDraft);
  });
}

void FakeChatListPort::renameConversation(qint64 id, const QString& title) {
  calls << QStringLiteral("rename %1 %2").arg(id).arg(title);
  if (ConversationItem* changed = find(id)) {
    changed->title = title;
    report(*changed);
  }
}

void FakeChatListPort::deleteConversation(qint64 id) {
  calls << QStringLiteral("delete %1").arg(id);
  if (const ConversationItem* gone = find(id)) {
    m_deleted.append(*gone);
    conversations.erase(findById(conversations, id));
    later([this, id] { emit conversationRemoved(id); });
  }
}

void FakeChatListPort::restoreConversation(qint64 id) {
  calls << QStringLiteral("restore %1").arg(id);
  const auto found = findById(m_deleted, id);
  if (found == m_deleted.end()) return;
  conversations.append(*found);
  report(*found);
  m_deleted.erase(found);
}

void FakeChatListPort::pinConversations(const QVector<qint64>& ids) {
  QStringList words;
  for (const qint64 id : ids) words << QString::number(id);
  calls << QStringLiteral("pin %1").arg(words.join(u' '));
  for (ConversationItem& item : conversations) item.pinPosition = int(ids.indexOf(item.id));
  later([this, ids] { emit conversationsPinned(ids); });
}

void FakeChatListPort::moveToFolder(qint64 conversationId, qint64 folderId) {
  calls << QStringLiteral("move %1 %2").arg(conversationId).arg(folderId);
  if (ConversationItem* changed = find(conversationId)) {
    changed->folderId = folderId;
    report(*changed);
  }
}

void FakeChatListPort::keepDraft(qint64 conversationId, const QString& draft) {
  if (conversationId == 0)
    newDraft = draft;
  else if (ConversationItem* changed = find(conversationId))
    changed->draft = draft;
}

void FakeChatListPort::tellFolders() {
  later([this, folders = folders] { emit foldersLoaded(folders); });
}

void FakeChatListPort::createFolder(const QString& name, qint64 conversationId) {
  const qint64 id = m_nextFolderId++;
  folders.append({id, name});
  tellFolders();
  if (conversationId != 0) moveToFolder(conversationId, id);
  later([this, id] { emit folderCreated(id); });
}

void FakeChatListPort::renameFolder(qint64 id, const QString& name) {
  calls << QStringLiteral("rename-folder %1 %2").arg(id).arg(name);
  if (const auto found = findById(folders, id); found != folders.end()) found->name = name;
  tellFolders();
}

void FakeChatListPort::deleteFolder(qint64 id) {
  calls << QStringLiteral("delete-folder %1").arg(id);
  if (const auto found = findById(folders, id); found != folders.end()) folders.erase(found);
  tellFolders();
}

void FakeChatListPort::collapseFolder(qint64 id, bool collapsed) {
  if (const auto found = findById(folders, id); found != folders.end()) found->collapsed = collapsed;
}

void FakeChatListPort::orderFolders(const QVector<qint64>& ids) {
  std::sort(folders.begin(), folders.end(),
            [&](const FolderItem& a, const FolderItem& b) { return ids.indexOf(a.id) < ids.indexOf(b.id); });
  tellFolders();
}

void FakeChatListPort::search(const QString& text) {
  calls << QStringLiteral("search %1").arg(text);
  later([this, text] { emit found(text, results); });
}

void FakeChatListPort::importChats(const QString& path) {
  calls << QStringLiteral("import %1").arg(path);
  later([this] { emit transferProgressed(0.43); });
}

void FakeChatListPort::exportChats(const QVector<qint64>& ids, ExportForm form, const QString& path) {
  const QString name = form == ExportForm::Json ? QStringLiteral("json") : QStringLiteral("markdown");
  calls << QStringLiteral("export %1 %2 %3").arg(ids.isEmpty() ? 0 : ids.first()).arg(name, path);
  later([this] { emit transferEnded(false, QStringLiteral("1 chat exported.")); });
}

void FakeChatListPort::stopTransfer() {
  calls << QStringLiteral("stop-transfer");
  later([this] { emit transferEnded(false, QStringLiteral("2 chats imported, then it was stopped.")); });
}

}  // namespace kvasir::ui
