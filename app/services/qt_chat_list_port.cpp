#include "app/services/qt_chat_list_port.h"

#include "app/services/qt_items.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kvasir::app {

using storage::ConversationStore;

namespace {

/// Of the settings: the draft of the chat to come.
constexpr const char* kNewDraftKey = "draft";

std::vector<int64_t> toStored(const QVector<qint64>& ids) {
  return {ids.begin(), ids.end()};
}

}  // namespace

QtChatListPort::QtChatListPort(QtChatPort& chats, QObject* parent)
    : ui::ChatListPort(parent), m_chats(chats), m_transfer(chats) {
  connect(&chats, &QtChatPort::aboutToDetach, this, &ui::ChatListPort::profileLeaving);
  connect(&chats, &ui::ChatPort::profileChanged, this, &ui::ChatListPort::profileChanged);
  connect(&m_transfer, &ChatTransfer::progressed, this, &ui::ChatListPort::transferProgressed);
  connect(&m_transfer, &ChatTransfer::imported, this, &QtChatListPort::loadConversations);
  connect(&m_transfer, &ChatTransfer::ended, this, &ui::ChatListPort::transferEnded);
  connect(&chats, &QtChatPort::conversationReported, this, &ui::ChatListPort::conversationChanged);
}

template <class Change>
void QtChatListPort::changeConversation(qint64 id, Change change) {
  m_chats.withStore(
      [id, change = std::move(change)](ConversationStore& store) {
        return change(store).and_then([&] { return store.conversation(id); });
      },
      [this](const auto& conversation) { emit conversationChanged(toItem(*conversation)); });
}

template <class Change>
void QtChatListPort::changeFolders(Change change) {
  m_chats.withStore(
      [change = std::move(change)](ConversationStore& store) {
        return change(store).and_then([&] { return store.folders(); });
      },
      [this](const auto& folders) { emit foldersLoaded(toItems(*folders)); });
}

void QtChatListPort::loadConversations() {
  changeFolders([](ConversationStore&) { return storage::Result<void>(); });
  m_chats.withStore([](ConversationStore& store) { return store.conversations(); },
                    [this](const auto& conversations) {
                      QVector<ui::ConversationItem> items;
                      for (const auto& conversation : *conversations) items.append(toItem(conversation));
                      emit conversationsLoaded(items);
                    });
  m_chats.readSetting(kNewDraftKey, [this](const std::optional<std::string>& draft) {
    emit newDraftLoaded(QString::fromStdString(draft.value_or(std::string())));
  });
}

void QtChatListPort::renameConversation(qint64 id, const QString& title) {
  changeConversation(id, [id, title = title.toStdString()](ConversationStore& store) {
    return store.rename_conversation(id, title);
  });
}

void QtChatListPort::deleteConversation(qint64 id) {
  m_chats.stop(id);
  m_chats.withStore([id](ConversationStore& store) { return store.delete_conversation(id); },
                    [this, id](const auto&) { emit conversationRemoved(id); });
}

void QtChatListPort::restoreConversation(qint64 id) {
  changeConversation(id, [id](ConversationStore& store) { return store.restore_conversation(id); });
}

void QtChatListPort::pinConversations(const QVector<qint64>& ids) {
  m_chats.withStore([ids = toStored(ids)](ConversationStore& store) { return store.pin_conversations(ids); },
                    [this, ids](const auto&) { emit conversationsPinned(ids); });
}

void QtChatListPort::moveToFolder(qint64 conversationId, qint64 folderId) {
  changeConversation(conversationId, [=](ConversationStore& store) {
    return store.move_to_folder(conversationId,
                                folderId == 0 ? std::nullopt : std::optional<int64_t>(folderId));
  });
}

void QtChatListPort::keepDraft(qint64 conversationId, const QString& draft) {
  if (conversationId == 0) return m_chats.keepSetting(kNewDraftKey, draft.toStdString());
  m_chats.withStore([conversationId, draft = draft.toStdString()](
                        ConversationStore& store) { return store.set_draft(conversationId, draft); },
                    [](const auto&) {});
}

void QtChatListPort::createFolder(const QString& name, qint64 conversationId) {
  const auto made = std::make_shared<int64_t>(0);
  changeFolders([made, name = name.toStdString()](ConversationStore& store) {
    return store.create_folder(name).map([&](int64_t id) { *made = id; });
  });
  if (conversationId != 0)
    changeConversation(conversationId, [made, conversationId](ConversationStore& store) {
      return store.move_to_folder(conversationId, *made);
    });
  m_chats.withStore([](ConversationStore&) { return storage::Result<void>(); },
                    [this, made](const auto&) {
                      if (*made != 0) emit folderCreated(*made);
                    });
}

void QtChatListPort::renameFolder(qint64 id, const QString& name) {
  changeFolders(
      [id, name = name.toStdString()](ConversationStore& store) { return store.rename_folder(id, name); });
}

void QtChatListPort::deleteFolder(qint64 id) {
  changeFolders([id](ConversationStore& store) { return store.delete_folder(id); });
}

void QtChatListPort::collapseFolder(qint64 id, bool collapsed) {
  m_chats.withStore([=](ConversationStore& store) { return store.collapse_folder(id, collapsed); },
                    [](const auto&) {});
}

void QtChatListPort::orderFolders(const QVector<qint64>& ids) {
  changeFolders([ids = toStored(ids)](ConversationStore& store) { return store.order_folders(ids); });
}

void QtChatListPort::search(const QString& text) {
  using Found = std::optional<std::vector<storage::FoundConversation>>;
  const uint64_t number = ++*m_newestSearch;
  m_chats.withStore(
      [newest = m_newestSearch, number,
       asked = text.toStdString()](ConversationStore& store) -> storage::Result<Found> {
        if (*newest != number) return Found();
        return store.search(asked).map([](auto found) { return Found(std::move(found)); });
      },
      [this, number, text](const storage::Result<Found>& found) {
        if (*found && *m_newestSearch == number) emit this->found(text, toItems(**found));
      });
}

void QtChatListPort::importChats(const QString& path) {
  m_transfer.importChats(path.toStdString());
}

void QtChatListPort::exportChats(const QVector<qint64>& ids, ui::ExportForm form, const QString& path) {
  m_transfer.exportChats(toStored(ids),
                         form == ui::ExportForm::Json ? ExportForm::Json : ExportForm::Markdown,
                         path.toStdString());
}

void QtChatListPort::stopTransfer() {
  m_transfer.stop();
}

}  // namespace kvasir::app
