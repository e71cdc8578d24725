#include "storage/schema/migrations.h"

#include "storage/base/try.h"
#include "storage/schema/v001_initial.h"
#include "storage/schema/v002_reasoning.h"
#include "storage/schema/v003_chat_list.h"
#include "storage/schema/v004_branches.h"
#include "storage/schema/v005_context.h"
#include "storage/schema/v006_collapsed_folders.h"
#include "storage/schema/v007_edited.h"
#include "storage/schema/v008_answer_settings.h"
#include "storage/sqlite/transaction.h"

#include <array>
#include <string>

namespace kvasir::storage {
namespace {

constexpr std::array kMigrations = {Migration{1, kV001Initial},  Migration{2, kV002Reasoning},
                                    Migration{3, kV003ChatList}, Migration{4, kV004Branches},
                                    Migration{5, kV005Context},  Migration{6, kV006CollapsedFolders},
                                    Migration{7, kV007Edited},   Migration{8, kV008AnswerSettings}};

Result<void> apply(Database& database, const Migration& step) {
  KVASIR_TRY_ASSIGN(auto transaction, Transaction::begin(database));
  KVASIR_TRY(database.execute(step.sql));
  KVASIR_TRY(database.execute("PRAGMA user_version = " + std::to_string(step.version)));
  return transaction.commit();
}

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

Result<void> migrate(Database& database) {
  return migrate(database, migrations());
}

Result<void> migrate(Database& database, std::span<const Migration> steps) {
  KVASIR_TRY_ASSIGN(const int64_t version, database.integer("PRAGMA user_version"));
  const int newest = steps.empty() ? 0 : steps.back().version;
  if (version > newest) {
    return fail(ErrorCode::TooNew, "The database " + database.path().string() +
                                       " was written by a newer version of Kvasir (its format is " +
                                       std::to_string(version) + ", this version knows " +
                                       std::to_string(newest) +
                                       "). It was not changed. Install the newer version to open it.");
  }
  for (const Migration& step : steps) {
    if (step.version > version) KVASIR_TRY(apply(database, step));
  }
  return {};
}

}  // namespace kvasir::storage
