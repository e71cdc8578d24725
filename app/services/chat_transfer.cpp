#include "app/services/chat_transfer.h"

#include <chrono>
#include <future>
#include <memory>
#include <utility>

namespace kvasir::app {

using storage::ChatRecord;
using storage::ConversationStore;

namespace {

constexpr std::chrono::milliseconds kLookForStop{20};

tl::unexpected<Failure> stopped() {
  return tl::unexpected<Failure>("It was stopped.");
}

}  // namespace

ChatTransfer::ChatTransfer(QtChatPort& chats, QObject* parent) : QObject(parent), m_chats(chats) {
  connect(&chats, &QtChatPort::aboutToDetach, this, [this] {
    ++m_profile;
    stop();
  });
}

ChatTransfer::~ChatTransfer() {
  stop();
}

void ChatTransfer::stop() {
  m_stop.request_stop();
}

std::stop_token ChatTransfer::begin() {
  m_stop = std::stop_source();
  return m_stop.get_token();
}

template <class Job>
auto ChatTransfer::inStore(std::stop_token stop, uint64_t profile, Job job)
    -> Outcome<typename std::invoke_result_t<Job, ConversationStore&>::value_type> {
  using Value = std::invoke_result_t<Job, ConversationStore&>;
  auto promise = std::make_shared<std::promise<Value>>();
  auto future = promise->get_future();
  // Only the GUI thread knows which profile is open now.
  QMetaObject::invokeMethod(
      this,
      [this, profile, promise = std::move(promise), job = std::move(job)]() mutable {
        if (profile != m_profile) return;
        m_chats.inStore([promise = std::move(promise), job = std::move(job)](
                            ConversationStore& store) mutable { promise->set_value(job(store)); });
      },
      Qt::QueuedConnection);
  while (future.wait_for(kLookForStop) != std::future_status::ready)
    if (stop.stop_requested()) return stopped();
  try {
    auto value = future.get();
    if (!value) return failure(value);
    if constexpr (std::is_void_v<typename Value::value_type>)
      return {};
    else
      return std::move(*value);
  } catch (const std::future_error&) {  // the job was dropped: no profile is open
    return stopped();
  }
}

void ChatTransfer::report(double fraction) {
  const int percent = int(fraction * 100);
  if (std::exchange(m_reportedPercent, percent) == percent) return;
  QMetaObject::invokeMethod(
      this, [this, fraction] { emit progressed(fraction); }, Qt::QueuedConnection);
}

void ChatTransfer::importChats(const std::filesystem::path& file) {
  m_worker.post([this, file, stop = begin(), profile = m_profile] {
    ImportSteps steps;
    steps.keep = [&](std::vector<ChatRecord> chats) {
      const auto batch = std::make_shared<std::vector<ChatRecord>>(std::move(chats));
      return inStore(stop, profile,
                     [batch](ConversationStore& store) { return store.write_records(*batch); });
    };
    steps.progress = [this](double fraction) { report(fraction); };
    const auto summary = import_chats(file, steps, stop);
    const bool failed = !summary || (summary->chats == 0 && !summary->stopped);
    const QString sentence = QString::fromStdString(summary ? summary->sentence() : summary.error());
    QMetaObject::invokeMethod(
        this,
        [this, failed, sentence] {
          emit imported();
          emit ended(failed, sentence);
        },
        Qt::QueuedConnection);
  });
}

void ChatTransfer::exportChats(std::vector<int64_t> ids, ExportForm form, const std::filesystem::path& file) {
  m_worker.post([this, ids = std::move(ids), form, file, stop = begin(), profile = m_profile]() mutable {
    if (ids.empty()) {
      const auto all = inStore(stop, profile, [](ConversationStore& store) { return store.conversations(); });
      if (all)
        for (const auto& conversation : *all) ids.push_back(conversation.id);
    }
    ExportSteps steps;
    steps.read = [&](int64_t id) {
      return inStore(stop, profile, [id](ConversationStore& store) { return store.read_record(id); });
    };
    steps.progress = [this](double fraction) { report(fraction); };
    const auto written = export_chats(file, form, ids, steps, stop);
    const QString sentence =
        written
            ? tr("%n chat(s) exported to %1.", "", int(*written)).arg(QString::fromStdString(file.string()))
            : QString::fromStdString(written.error());
    QMetaObject::invokeMethod(
        this, [this, failed = !written, sentence] { emit ended(failed, sentence); }, Qt::QueuedConnection);
  });
}

}  // namespace kvasir::app
