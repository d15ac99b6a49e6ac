#include "client/load/listener_process.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/files.h"

namespace lookbook {
namespace {

constexpr absl::string_view kListening = "0A";  // TCP_LISTEN

bool HoldsOneOf(int pid, const std::set<std::string>& links) {
  const std::string folder = absl::StrCat("/proc/", pid, "/fd");
  const auto names = ListDirectory(folder);
  if (!names.ok()) return false;  // Gone, or another user's.
  return std::any_of(names->begin(), names->end(), [&](const std::string& name) {
    std::error_code gone;
    return links.count(std::filesystem::read_symlink(JoinPath(folder, name), gone).string()) > 0;
  });
}

std::vector<int> Processes() {
  std::vector<int> pids;
  const auto names = ListDirectory("/proc");
  if (!names.ok()) return pids;
  for (const std::string& name : *names) {
    int pid = 0;
    if (absl::SimpleAtoi(name, &pid)) pids.push_back(pid);
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

}  // namespace

std::set<std::string> ParseListeners(absl::string_view text, int port) {
  const std::string local_end = absl::StrFormat(":%04X", port);
  std::set<std::string> inodes;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …
    const std::vector<absl::string_view> fields =
        absl::StrSplit(line, absl::ByAnyChar(" "), absl::SkipEmpty());
    if (fields.size() < 10 || fields[3] != kListening) continue;
    const size_t colon = fields[1].rfind(':');
    if (colon != absl::string_view::npos && fields[1].substr(colon) == local_end) {
      inodes.insert(std::string(fields[9]));
    }
  }
  return inodes;
}

std::optional<int> FindListenerProcess(int port) {
  std::set<std::string> links;
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    for (const std::string& inode : ParseListeners(ReadFile(file).value_or(""), port)) {
      links.insert(absl::StrCat("socket:[", inode, "]"));
    }
  }
  if (links.empty()) return std::nullopt;
  for (const int pid : Processes()) {
    if (HoldsOneOf(pid, links)) return pid;
  }
  return std::nullopt;
}

std::optional<int> TargetPort(absl::string_view target) {
  const size_t colon = target.rfind(':');
  int port = 0;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(target.substr(colon + 1), &port)) {
    return std::nullopt;
  }
  return port > 0 && port < 65536 ? std::optional<int>(port) : std::nullopt;
}

}  // namespace lookbook
