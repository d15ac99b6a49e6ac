#include "models/commands/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace lookbook {
namespace {

constexpr int kBar = 24;
constexpr absl::Duration kTerminalInterval = absl::Milliseconds(100);
constexpr absl::Duration kLogInterval = absl::Seconds(5);

}  // namespace

std::string HumanDuration(absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(duration + absl::Milliseconds(500));
  if (seconds < 60) return absl::StrCat(seconds, " s");
  if (seconds < 3600) return absl::StrFormat("%d min %02d s", seconds / 60, seconds % 60);
  return absl::StrFormat("%d h %02d min", seconds / 3600, seconds / 60 % 60);
}

std::string FormatProgress(const ProgressState& state) {
  const double rate = static_cast<double>(state.done - state.started_at) /
                      std::max(absl::ToDoubleSeconds(state.elapsed), 1e-9);
  std::string out = absl::StrFormat("%-8s ", state.label);
  if (state.total > 0) {
    const int64_t filled = std::clamp<int64_t>(state.done * kBar / state.total, 0, kBar);
    absl::StrAppend(&out, "[", std::string(filled, '#'), std::string(kBar - filled, '.'), "] ");
    absl::StrAppendFormat(&out, "%3d %%  %d/%d %s", state.done * 100 / state.total, state.done,
                          state.total, state.unit);
  } else {
    absl::StrAppendFormat(&out, "%d %s", state.done, state.unit);
  }
  absl::StrAppendFormat(&out, rate < 10 ? "  %.1f/s" : "  %.0f/s", rate);
  if (state.done < state.total && state.done > state.started_at) {
    absl::StrAppend(
        &out, "  ",
        HumanDuration(absl::Seconds(static_cast<double>(state.total - state.done) / rate)),
        " left");
  } else if (state.done >= state.total) {
    absl::StrAppend(&out, "  ", HumanDuration(state.elapsed));
  }
  if (!state.extra.empty()) absl::StrAppend(&out, "  ", state.extra);
  return out;
}

ProgressLine::ProgressLine(std::string label, std::string unit)
    : terminal_(::isatty(STDERR_FILENO) == 1), start_(absl::Now()), shown_(start_) {
  state_.label = std::move(label);
  state_.unit = std::move(unit);
}

ProgressLine::~ProgressLine() { Finish(); }

void ProgressLine::StartAt(int64_t done) {
  start_ = absl::Now();
  state_.started_at = done;
}

void ProgressLine::Update(int64_t done, int64_t total, absl::string_view extra) {
  open_ = true;
  state_.done = done;
  state_.total = total;
  state_.extra = std::string(extra);
  Show(/*force=*/false);
}

void ProgressLine::Show(bool force) {
  const absl::Time now = absl::Now();
  if (!force && now - shown_ < (terminal_ ? kTerminalInterval : kLogInterval)) return;
  shown_ = now;
  state_.elapsed = now - start_;
  const std::string line = FormatProgress(state_);
  std::fprintf(stderr, terminal_ ? "\r\033[K%s" : "%s\n", line.c_str());
  std::fflush(stderr);
}

void ProgressLine::Print(absl::string_view line) {
  std::fprintf(stderr, terminal_ ? "\r\033[K%s\n" : "%s\n", std::string(line).c_str());
  if (terminal_ && open_) Show(/*force=*/true);
}

void ProgressLine::Finish() {
  if (!open_) return;
  Show(/*force=*/true);
  if (terminal_) std::fputc('\n', stderr);
  open_ = false;
}

}  // namespace lookbook
