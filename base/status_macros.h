// Early return for absl::Status and absl::StatusOr.
//
//   LB_RETURN_IF_ERROR(file.Close());
//   LB_ASSIGN_OR_RETURN(Image image, Decode(bytes));
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define LB_RETURN_IF_ERROR(expression)                             \
  do {                                                             \
    if (::absl::Status lb_status = (expression); !lb_status.ok()) { \
      return lb_status;                                            \
    }                                                              \
  } while (false)

#define LB_ASSIGN_OR_RETURN(declaration, expression) \
  LB_ASSIGN_OR_RETURN_IMPL_(LB_CONCAT_(lb_statusor_, __LINE__), declaration, expression)

#define LB_ASSIGN_OR_RETURN_IMPL_(statusor, declaration, expression) \
  auto statusor = (expression);                                      \
  if (!statusor.ok()) {                                              \
    return std::move(statusor).status();                             \
  }                                                                  \
  declaration = *std::move(statusor)

#define LB_CONCAT_(a, b) LB_CONCAT_IMPL_(a, b)
#define LB_CONCAT_IMPL_(a, b) a##b
