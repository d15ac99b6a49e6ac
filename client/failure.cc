#include "client/failure.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/reason.h"
#include "client/search_client.h"
#include "client/terminal.h"

namespace lookbook {
namespace {

// gRPC wraps the cause in layers ("failed to connect to all addresses; last
// error: UNKNOWN: ipv4:127.0.0.1:1: Connection refused"); a person needs the last.
absl::string_view InnermostCause(absl::string_view message) {
  const size_t colon = message.rfind(": ");
  return colon == absl::string_view::npos ? message : message.substr(colon + 2);
}

// What to look at when no connection could be made.
absl::string_view Advice(absl::string_view message) {
  if (absl::StrContains(message, "andshake failed")) {
    return "; does it speak TLS, with a certificate for this name that --ca signed?";
  }
  if (absl::StrContains(message, "Socket closed") ||
      absl::StrContains(message, "Connection reset")) {
    return "; does it ask for TLS (--tls, --ca) or for a client's certificate (--cert)?";
  }
  return "; is lookbook-server running?";
}

std::string Explain(const absl::Status& status) {
  if (status.message().empty()) return absl::StatusCodeToString(status.code());
  // The words of gRPC's own timer.
  if (status.message() == "Deadline Exceeded") return "no answer within the deadline";
  return Printable(status.message());
}

}  // namespace

ExitCode ExitCodeOf(const absl::Status& status) {
  return GetReason(status) == kUnreachable ? kExitUnreachable : kExitFailed;
}

std::string DescribeFailure(const absl::Status& status, const std::string& subject,
                            const std::string& server) {
  if (ExitCodeOf(status) == kExitUnreachable) {
    const bool timed_out = status.code() == absl::StatusCode::kDeadlineExceeded;
    const absl::string_view cause =
        timed_out ? "no connection within the deadline" : InnermostCause(status.message());
    return absl::StrCat("cannot reach ", server, ": ", Printable(cause), Advice(status.message()));
  }
  const std::string reason = GetReason(status);
  const std::string what = Explain(status);
  const std::string prefix =
      subject.empty() || absl::StrContains(status.message(), subject) ? "" : subject + ": ";
  return absl::StrCat(Printable(prefix), what,
                      reason.empty() ? "" : absl::StrCat(" (", Printable(reason), ")"),
                      reason == "no_token" ? "; --token-file names the file of one" : "");
}

}  // namespace lookbook
