#include "storage/conversations/search.h"

#include "storage/base/try.h"
#include "storage/conversations/conversation_store.h"
#include "storage/conversations/search_query.h"

#include <algorithm>
#include <map>

namespace kvasir::storage {
namespace {

/// A word that is everywhere is looked for in so many messages at most, the newest first: the rest would make
/// a person wait for what nobody reads.
constexpr int64_t kMaxLookedAt = 20'000;
constexpr size_t kMaxConversations = 100;
constexpr size_t kMaxMessagesOfOne = 5;

struct Found {
  FoundConversation conversation;
  std::string title;
  bool in_title = false;
};
using FoundById = std::map<int64_t, Found>;

Result<void> find_titles(Database& database, const SearchQuery& query, FoundById& found) {
  KVASIR_TRY_ASSIGN(auto rows,
                    database.query("SELECT conversations.id, conversations.title, updated_at_ms "
                                   "FROM title_search JOIN conversations ON conversations.id = "
                                   "title_search.rowid WHERE title_search MATCH ?1 AND deleted_at_ms IS NULL "
                                   "ORDER BY title_search.rowid DESC LIMIT ?2",
                                   std::string_view(query.expression()), kMaxLookedAt));
  for (;;) {
    KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return {};
    Found& one = found[rows.integer(0)];
    one.title = rows.text(1);
    one.in_title = true;
    one.conversation.updated_at_ms = rows.integer(2);
  }
}

Result<void> find_messages(Database& database, const SearchQuery& query, FoundById& found) {
  KVASIR_TRY_ASSIGN(
      auto rows,
      database.query(
          "SELECT messages.id, messages.role, conversations.id, conversations.title, updated_at_ms "
          "FROM message_search JOIN messages ON messages.id = message_search.rowid "
          "JOIN conversations ON conversations.id = messages.conversation_id "
          "WHERE message_search MATCH ?1 AND messages.deleted_at_ms IS NULL "
          "AND conversations.deleted_at_ms IS NULL "
          "ORDER BY message_search.rowid DESC LIMIT ?2",
          std::string_view(query.expression()), kMaxLookedAt));
  for (;;) {
    KVASIR_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return {};
    Found& one = found[rows.integer(2)];
    one.title = rows.text(3);
    one.conversation.updated_at_ms = rows.integer(4);
    if (one.conversation.messages.size() == kMaxMessagesOfOne) {
      ++one.conversation.further_messages;
      continue;
    }
    const auto role = static_cast<MessageRole>(rows.integer(1));
    one.conversation.messages.push_back({rows.integer(0), role == MessageRole::Assistant, {}});
  }
}

Result<void> add_excerpts(Database& database, const SearchQuery& query, Found& found) {
  KVASIR_TRY_ASSIGN(found.conversation.title, query.excerpt(found.title));
  for (FoundMessage& message : found.conversation.messages) {
    KVASIR_TRY_ASSIGN(auto row, database.query("SELECT text FROM messages WHERE id = ?1", message.id));
    KVASIR_TRY(row.step());
    KVASIR_TRY_ASSIGN(message.text, query.excerpt(row.text(0)));
  }
  return {};
}

}  // namespace

Result<std::vector<FoundConversation>> ConversationStore::search(std::string_view asked) {
  std::vector<FoundConversation> result;
  KVASIR_TRY_ASSIGN(const auto query, SearchQuery::parse(*database_, asked));
  if (query.empty()) return result;
  FoundById by_id;
  KVASIR_TRY(find_titles(*database_, query, by_id));
  KVASIR_TRY(find_messages(*database_, query, by_id));

  std::vector<Found> found;
  for (auto& [id, one] : by_id) {
    one.conversation.id = id;
    found.push_back(std::move(one));
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    if (a.in_title != b.in_title) return a.in_title;
    return a.conversation.updated_at_ms > b.conversation.updated_at_ms;
  });
  if (found.size() > kMaxConversations) found.resize(kMaxConversations);
  for (Found& one : found) {
    KVASIR_TRY(add_excerpts(*database_, query, one));
    result.push_back(std::move(one.conversation));
  }
  return result;
}

}  // namespace kvasir::storage
