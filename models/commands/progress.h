// How far something is, on standard error: one rewriting line on a terminal, a line every few
// seconds elsewhere.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace lookbook {

struct ProgressState {
  std::string label;  // "index"
  std::string unit = "images";
  int64_t done = 0;
  int64_t total = 0;       // 0: not known.
  int64_t started_at = 0;  // `done` when the clock started: a resumed run begins in the middle.
  absl::Duration elapsed;
  std::string extra;  // "loss 0.312"
};

// "index    [#####.....]  50 %  4000/8000 images  812/s  5 s left  loss 0.312"
std::string FormatProgress(const ProgressState& state);

// "12 s", "3 min 20 s", "2 h 05 min".
std::string HumanDuration(absl::Duration duration);

// Not thread-safe. The clock starts with the object. Writes nothing when it is never updated.
class ProgressLine {
 public:
  explicit ProgressLine(std::string label, std::string unit = "images");
  ~ProgressLine();  // Ends the line.

  // Starts the clock anew with `done` behind it, for work that goes on in the middle.
  void StartAt(int64_t done);
  void Update(int64_t done, int64_t total, absl::string_view extra = "");
  // A line of its own above the bar.
  void Print(absl::string_view line);
  // The last state, then a new line.
  void Finish();

 private:
  void Show(bool force);

  const bool terminal_;
  ProgressState state_;
  bool open_ = false;  // There is something to finish.
  absl::Time start_;
  absl::Time shown_;
};

}  // namespace lookbook
