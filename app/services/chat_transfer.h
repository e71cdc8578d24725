#pragma once

#include "app/services/qt_chat_port.h"
#include "app/services/worker.h"
#include "app/transfer/chat_export.h"
#include "app/transfer/chat_import.h"

#include <QObject>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <vector>

namespace kvasir::app {

/// Imports and exports the chats of the profile that a `QtChatPort` speaks of.
///
/// Lives in the GUI thread. Files are read and written on a thread of its own, which hands a few chats at a
/// time to the storage thread and waits for them, so that no one waits long for either.
class ChatTransfer final : public QObject {
  Q_OBJECT

 public:
  /// `chats` must outlive it.
  explicit ChatTransfer(QtChatPort& chats, QObject* parent = nullptr);
  ~ChatTransfer() override;

  void importChats(const std::filesystem::path& file);
  /// Those with these ids; none: all.
  void exportChats(std::vector<int64_t> ids, ExportForm form, const std::filesystem::path& file);
  /// What was imported by then stays.
  void stop();

 signals:
  void progressed(double fraction);
  void imported();  ///< some chats, or none; before `ended`
  void ended(bool failed, const QString& sentence);

 private:
  /// On the transfer's thread: runs a job on the storage thread and waits for its value. Fails once the
  /// transfer is stopped, or the profile left.
  template <class Job>
  auto inStore(std::stop_token stop, uint64_t profile, Job job)
      -> Outcome<typename std::invoke_result_t<Job, storage::ConversationStore&>::value_type>;
  void report(double fraction);
  std::stop_token begin();

  QtChatPort& m_chats;
  std::stop_source m_stop;
  uint64_t m_profile = 0;                              ///< counts the profiles that were left
  int m_reportedPercent = 0;                           ///< of the transfer's thread
  Worker m_worker{"transfer", Worker::Priority::Low};  // last: joined before what its jobs use goes
};

}  // namespace kvasir::app
