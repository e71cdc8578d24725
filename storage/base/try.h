#pragma once

#include "storage/base/result.h"

/// For .cpp files only: leave the function with the error of `expression`, a Result.
#define KVASIR_TRY(expression)                                                               \
  do {                                                                                       \
    if (auto kvasir_try_result = (expression); !kvasir_try_result)                           \
      return tl::unexpected<::kvasir::storage::Error>(std::move(kvasir_try_result).error()); \
  } while (false)

#define KVASIR_TRY_JOIN_INNER(a, b) a##b
#define KVASIR_TRY_JOIN(a, b) KVASIR_TRY_JOIN_INNER(a, b)
#define KVASIR_TRY_ASSIGN_TO(result, declaration, expression)                              \
  auto result = (expression);                                                              \
  if (!result) return tl::unexpected<::kvasir::storage::Error>(std::move(result).error()); \
  declaration = std::move(*result)

/// The same, and otherwise `declaration = value`.
#define KVASIR_TRY_ASSIGN(declaration, expression) \
  KVASIR_TRY_ASSIGN_TO(KVASIR_TRY_JOIN(kvasir_try_result_, __LINE__), declaration, expression)
