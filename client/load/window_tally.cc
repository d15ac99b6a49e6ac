#include "client/load/window_tally.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lookbook {
namespace {

double Share(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::string CodesText(const CodeCounts& codes) {
  std::vector<std::string> parts;
  for (size_t code = 0; code < codes.size(); ++code) {
    if (codes[code] == 0) continue;
    parts.push_back(absl::StrCat(codes[code], " ",
                                 absl::StatusCodeToString(static_cast<absl::StatusCode>(code))));
  }
  return absl::StrJoin(parts, ", ");
}

double WindowTally::WithinShare() const { return Share(within, due); }

double WindowTally::WithinShareOnceSent() const { return Share(within_once_sent, sent()); }

void WindowTally::Add(const CallOutcome& outcome, absl::Duration since_due,
                      absl::Duration since_sent, absl::Duration objective) {
  const auto code = static_cast<size_t>(outcome.code);
  // A code that nobody knows is what gRPC calls UNKNOWN.
  ++codes[code < codes.size() ? code : static_cast<size_t>(absl::StatusCode::kUnknown)];
  sent_bytes += outcome.sent_bytes;
  if (outcome.code == absl::StatusCode::kResourceExhausted) shed.Add(since_due);
  if (outcome.code != absl::StatusCode::kOk) return;
  latency.Add(since_due);
  if (since_due <= objective) ++within;
  if (since_sent <= objective) ++within_once_sent;
  if (!outcome.stages) return;
  ++staged;
  for (size_t i = 0; i < stage_sums.size(); ++i) stage_sums[i] += (*outcome.stages)[i];
}

void WindowTally::Merge(const WindowTally& other) {
  due += other.due;
  left_out += other.left_out;
  for (size_t i = 0; i < codes.size(); ++i) codes[i] += other.codes[i];
  within += other.within;
  within_once_sent += other.within_once_sent;
  latency.Merge(other.latency);
  shed.Merge(other.shed);
  lag.Merge(other.lag);
  for (size_t i = 0; i < stage_sums.size(); ++i) stage_sums[i] += other.stage_sums[i];
  staged += other.staged;
  sent_bytes += other.sent_bytes;
  length += other.length;
  cpu += other.cpu;
}

}  // namespace lookbook
