// A source of calls: a closed loop, an open loop.
#pragma once

#include "absl/status/status.h"

namespace lookbook {

class Load {
 public:
  virtual ~Load() = default;

  // Calls are made from now on. REQUIRES: once. ResourceExhausted: no thread to be had.
  virtual absl::Status Start() = 0;
  // Makes no more calls and waits until those in flight have ended. Idempotent.
  virtual void Stop() = 0;
};

}  // namespace lookbook
