#pragma once

#include "app/services/chat_transfer.h"
#include "app/services/qt_chat_port.h"
#include "ui/ports/chat_list_port.h"

#include <atomic>
#include <cstdint>
#include <memory>

namespace kvasir::app {

/// The window's port onto the list of chats, of whatever profile `QtChatPort` speaks of.
///
/// Lives in the GUI thread; the database is asked on the storage thread. What fails is said by the
/// `QtChatPort`.
class QtChatListPort final : public ui::ChatListPort {
  Q_OBJECT

 public:
  /// `chats` must outlive the port.
  explicit QtChatListPort(QtChatPort& chats, QObject* parent = nullptr);

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
  void exportChats(const QVector<qint64>& ids, ui::ExportForm form, const QString& path) override;
  void stopTransfer() override;

 private:
  /// Runs a change on the storage thread, then tells how the conversation is.
  template <class Change>
  void changeConversation(qint64 id, Change change);

  /// Runs a change on the storage thread, then tells the folders.
  template <class Change>
  void changeFolders(Change change);

  QtChatPort& m_chats;
  /// Number of the newest search, so that those before it are not begun. Shared with the storage thread.
  std::shared_ptr<std::atomic<uint64_t>> m_newestSearch = std::make_shared<std::atomic<uint64_t>>(0);
  ChatTransfer m_transfer;
};

}  // namespace kvasir::app
