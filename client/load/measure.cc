#include "client/load/measure.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(50);  // Between two looks at the ledger.

class MeasureRun {
 public:
  MeasureRun(const MeasureOptions& options, CallLedger& ledger,
             const MeasureEnvironment& environment)
      : options_(options), ledger_(ledger), environment_(environment) {}

  absl::StatusOr<Measurement> Run() {
    result_.interrupted = !Pass(options_.warm_up, /*window=*/0, "warm-up");
    LB_RETURN_IF_ERROR(Open());
    while (!result_.interrupted && !IsDone()) LB_RETURN_IF_ERROR(OneWindow());
    for (const WindowTally& tally : last_) result_.total.Merge(tally);
    return std::move(result_);
  }

 private:
  // Where the open window began.
  struct Opening {
    int window = 0;
    absl::Time at;
    CpuSeconds cpu;
  };

  bool IsFixed() const { return options_.duration > absl::ZeroDuration(); }
  Stretch WindowStretch() const {
    return IsFixed() ? Stretch{.time = options_.duration} : options_.window;
  }

  absl::Status Open() {
    LB_ASSIGN_OR_RETURN(const CpuSeconds cpu, environment_.read_cpu());
    opening_ = {ledger_.OpenNext(), environment_.clock->Now(), cpu};
    return absl::OkStatus();
  }

  absl::Status OneWindow() {
    const Opening begun = opening_;
    result_.interrupted = !Pass(WindowStretch(), begun.window, Label());
    LB_RETURN_IF_ERROR(Open());  // The load goes on while the window's last calls end.
    while (!ledger_.IsSettled(begun.window)) environment_.sleep(kLook);
    WindowTally tally = ledger_.Take(begun.window);
    tally.length = opening_.at - begun.at;
    tally.cpu = opening_.cpu - begun.cpu;
    Keep(std::move(tally));
    return absl::OkStatus();
  }

  // False: interrupted.
  bool Pass(const Stretch& stretch, int window, const std::string& what) {
    const absl::Time begin = environment_.clock->Now(), end = begin + stretch.time;
    while (!environment_.interrupted()) {
      const absl::Time now = environment_.clock->Now();
      if (now >= end) return true;
      if (stretch.calls > 0 && ledger_.Due(window) >= stretch.calls) return true;
      environment_.progress(
          absl::StrCat(what, absl::StrFormat(", %.0f s", absl::ToDoubleSeconds(now - begin))));
      environment_.sleep(std::min(kLook, end - now));
    }
    return false;
  }

  std::string Label() const {
    if (IsFixed()) return "measuring";
    const std::string label = absl::StrCat("window ", result_.windows.size() + 1, " of at most ",
                                           options_.rule.max_windows);
    if (result_.windows.empty()) return label;
    const WindowFigures& last = result_.windows.back();
    return absl::StrCat(label, absl::StrFormat(" (last: %.1f/s, %.1f ms)", last.rate,
                                               absl::ToDoubleMilliseconds(last.latency)));
  }

  void Keep(WindowTally tally) {
    const double answered = static_cast<double>(tally.answered());
    const double open_rate =
        tally.due == 0 ? 0 : options_.offered_rate * answered / static_cast<double>(tally.due);
    const double closed_rate = answered / absl::ToDoubleSeconds(tally.length);
    result_.windows.push_back(
        {options_.offered_rate > 0 ? open_rate : closed_rate, tally.latency.Mean()});
    last_.push_back(std::move(tally));
    if (last_.size() > static_cast<size_t>(options_.rule.windows)) last_.pop_front();
  }

  bool IsDone() {
    if (last_.empty()) return false;
    result_.stable = IsFixed() || IsStable(result_.windows, options_.rule);
    return result_.stable || IsHopeless() ||
           result_.windows.size() >= static_cast<size_t>(options_.rule.max_windows);
  }

  bool IsHopeless() const {
    if (last_.back().due > 0 && last_.back().answered() == 0) return true;
    return last_.size() == static_cast<size_t>(options_.rule.windows) &&
           std::all_of(last_.begin(), last_.end(), [&](const WindowTally& tally) {
             return tally.WithinShare() < options_.hopeless_share;
           });
  }

  const MeasureOptions& options_;
  CallLedger& ledger_;
  const MeasureEnvironment& environment_;
  Opening opening_;
  std::deque<WindowTally> last_;  // At most as many as must agree.
  Measurement result_;
};

}  // namespace

absl::StatusOr<Measurement> Measure(const MeasureOptions& options, Load& load, CallLedger& ledger,
                                    const MeasureEnvironment& environment) {
  LB_RETURN_IF_ERROR(load.Start());
  auto result = MeasureRun(options, ledger, environment).Run();
  load.Stop();
  return result;
}

}  // namespace lookbook
