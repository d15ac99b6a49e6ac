// bfloat16 where it is safe, for as long as this lives.
#pragma once

#include <c10/core/DeviceType.h>
#include <c10/core/ScalarType.h>

namespace lookbook {

// torch's autocast on `device` in this thread: convolutions and matrix products take bfloat16
// copies of their inputs, which are kept until the outermost scope ends; what loses too much by it
// stays float32. Everything is as before afterwards, also behind an exception. With on = false
// nothing changes. Not thread-safe; scopes of a thread end in reverse order.
class AutocastScope {
 public:
  AutocastScope(c10::DeviceType device, bool on);
  ~AutocastScope();
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  const c10::DeviceType device_;
  const bool on_;
  bool was_enabled_ = false;
  c10::ScalarType dtype_before_ = c10::ScalarType::Float;
};

}  // namespace lookbook
