// What a load is made of: calls whose number, time and outcome the generator decides and counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "absl/status/status.h"

namespace lookbook {

// Seconds that the server spent in each stage of a call, in the order of kStageNames.
inline constexpr std::array<const char*, 6> kStageNames = {"decode", "preprocess", "queue",
                                                           "embed",  "search",     "total"};
using StageTimes = std::array<double, kStageNames.size()>;

struct CallOutcome {
  absl::StatusCode code = absl::StatusCode::kOk;
  std::optional<StageTimes> stages;  // What the server said, if it did.
  int64_t sent_bytes = 0;            // Of the request message.
};

// Starts calls. Thread-safe.
class Caller {
 public:
  using Done = std::function<void(const CallOutcome&)>;

  virtual ~Caller() = default;

  // Starts call `number` and returns at once. `done` is called once, on any thread, after this
  // returned or while another thread runs it, never from inside it. Every call ends.
  virtual void Start(int64_t number, Done done) = 0;
};

}  // namespace lookbook
