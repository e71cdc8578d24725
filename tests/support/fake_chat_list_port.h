#pragma once

#include "ui/ports/chat_list_port.h"

#include <QStringList>
#include <algorithm>
#include <functional>

namespace kvasir::ui {

/// Where it is among items that have an `id`; the end where it is not.
template <typename Items>
auto findById(Items& items, qint64 id) {
  return std::find_if(items.begin(), items.end(), [id](const auto& item) { return item.id == id; });
}

/// A ChatListPort in memory, for tests and the demo. Effects are signalled from the event loop, never from
/// inside a call.
class FakeChatListPort : public ChatListPort {
  Q_OBJECT

 public:
  using ChatListPort::ChatListPort;

  // What is there, for tests to look at and the demo to fill.
  QVector<ConversationItem> conversations;
  QVector<FolderItem> folders;
  QString newDraft;
  QVector<FoundConversationItem> results;  ///< of every search
  QStringList calls;                       ///< "rename 1 Hello", "delete 1", …, in order

  /// Null: there is none of this id.
  ConversationItem* find(qint64 id);
  /// Signals that it changed.
  void report(const ConversationItem& conversation);

  void loadConversations() override;
  void renameConversation(qint64 id, const QString& title) override;
  void deleteConversation(qint64 id) override;
  void restoreConversation(qint64 id) override;
  void pinConversations(const QVector<qint64>& ids) override;
  void moveToFolder(qint64 conversationId, qint64 folderId) override;
  void keepDraft(qint64 conversationId, const QString& draft) override;
  void createFolder(const QString& name, qint64 conversationId) override;
  void renameFolder(qint64 id, const QString& name) override;
  void deleteFolder(qint64 id) override;
  void collapseFolder(qint64 id, bool collapsed) override;
  void orderFolders(const QVector<qint64>& ids) override;
  void search(const QString& text) override;
  void importChats(const QString& path) override;
  void exportChats(const QVector<qint64>& ids, ExportForm form, const QString& path) override;
  void stopTransfer() override;

 private:
  void later(std::function<void()> effect);
  void tellFolders();

  QVector<ConversationItem> m_deleted;
  qint64 m_nextFolderId = 1001;
};

}  // namespace kvasir::ui
