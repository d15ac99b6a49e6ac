#include "server/lifecycle/bundle_check.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/bounded_child.h"
#include "base/reason.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_error.h"
#include "server/lifecycle/bundle_files.h"

namespace lookbook {
namespace {

constexpr int kExitGood = 0;
constexpr int kExitBundle = 1;
constexpr std::array<const char*, 5> kContentReasons = {"signature", "manifest", "checksum",
                                                        "format", "golden"};

// Configuration comes by flags alone: what the environment says now may be meant for a later start.
std::vector<std::string> EnvironmentOfCheck() {
  std::vector<std::string> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!absl::StartsWith(*entry, "LOOKBOOK_")) kept.emplace_back(*entry);
  }
  return kept;
}

ChildCommand CommandOf(const BundleCheckOptions& options, const std::string& directory,
                       int64_t memory_bytes) {
  ChildCommand command = {
      options.program,
      {"lookbook-server", "--check-bundle", directory, "--batch.max-size",
       absl::StrCat(options.max_batch), "--batch.queue-capacity", absl::StrCat(options.max_batch),
       "--lifecycle.check-memory", absl::StrCat(memory_bytes), "--lifecycle.check-time",
       absl::FormatDuration(options.time), "--log.level", "error"},
      EnvironmentOfCheck()};
  if (!options.public_keys.empty()) {
    command.arguments.insert(command.arguments.end(), {"--require-signature", options.public_keys});
  }
  return command;
}

// "lookbook-server: MESSAGE (check: REASON)", the last line of what it said.
absl::Status Refusal(absl::string_view output) {
  output = absl::StripTrailingAsciiWhitespace(output);
  output = output.substr(output.rfind('\n') + 1);  // npos + 1 is 0.
  absl::ConsumePrefix(&output, "lookbook-server: ");
  std::string reason;
  const size_t mark = output.rfind(" (check: ");
  if (mark != absl::string_view::npos && absl::EndsWith(output, ")")) {
    reason = std::string(output.substr(mark + 9, output.size() - mark - 10));
    output = output.substr(0, mark);
  }
  if (std::count(kContentReasons.begin(), kContentReasons.end(), reason) > 0) {
    return BundleError(reason, output);
  }
  if (reason == "memory") return WithReason(absl::ResourceExhaustedError(output), reason);
  if (reason == "io") return WithReason(absl::UnavailableError(output), reason);
  return absl::InternalError(absl::StrCat("the bundle's check failed: ", output));
}

absl::Status Verdict(const ChildEnd& end, const BundleCheckOptions& options,
                     const std::string& directory) {
  switch (end.kind) {
    case ChildEnd::Kind::kExit:
      if (end.code == kExitGood) return absl::OkStatus();
      if (end.code == kExitBundle) return Refusal(end.output);
      return absl::InternalError(absl::StrCat("the bundle's check ended with ", end.code, ": ",
                                              absl::StripAsciiWhitespace(end.output)));
    case ChildEnd::Kind::kSignal:
      return BundleError("format", directory, ": the process that opened it died of signal ",
                         end.code, " ", absl::StripAsciiWhitespace(end.output));
    case ChildEnd::Kind::kTime:
      return WithReason(
          absl::ResourceExhaustedError(absl::StrCat(directory, ": checking it took longer than ",
                                                    absl::FormatDuration(options.time))),
          "check_time");
    case ChildEnd::Kind::kStopped:
      return absl::CancelledError(absl::StrCat(directory, ": its check was given up"));
  }
  return absl::InternalError("the bundle's check ended in no known way");
}

}  // namespace

int64_t DefaultCheckMemory(int64_t bytes) { return (int64_t{4} << 30) + 4 * bytes; }

absl::Status RunBundleCheck(const BundleCheckOptions& options, const std::string& directory,
                            const std::function<bool()>& stopped) {
  int64_t memory = options.memory_bytes;
  if (memory == 0) {
    LB_ASSIGN_OR_RETURN(const int64_t bytes, BundleBytes(directory));
    memory = DefaultCheckMemory(bytes);
  }
  ChildBounds bounds;
  bounds.time = options.time;
  bounds.stopped = stopped;
  const absl::StatusOr<ChildEnd> end = RunBounded(CommandOf(options, directory, memory), bounds);
  if (!end.ok()) {
    return absl::InternalError(
        absl::StrCat("the bundle's check cannot be started: ", end.status().message()));
  }
  return Verdict(*end, options, directory);
}

}  // namespace lookbook
