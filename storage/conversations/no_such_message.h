#pragma once

#include "storage/base/result.h"

namespace kvasir::storage {

inline tl::unexpected<Error> no_such_message() {
  return fail(ErrorCode::NotFound, "This message no longer exists. Open the conversation again.");
}

}  // namespace kvasir::storage
