#include "server/lifecycle/memory_room.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/files.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr int64_t kKibibyte = 1024;
constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();
constexpr uint64_t kMaxFile = 1 << 20;
constexpr int64_t kFilesInMemory = 2;
constexpr int64_t kFixedBytes = int64_t{256} << 20;

// The number behind `key` at the start of a line, such as "MemAvailable:" or "inactive_file".
std::optional<int64_t> Field(absl::string_view text, absl::string_view key) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::ConsumePrefix(&line, key)) continue;
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    int64_t value = 0;
    if (!words.empty() && absl::SimpleAtoi(words[0], &value)) return value;
  }
  return std::nullopt;
}

std::optional<int64_t> NumberIn(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path, kMaxFile);
  int64_t value = 0;
  if (!text.ok() || !absl::SimpleAtoi(*text, &value)) return std::nullopt;  // "max", too.
  return value;
}

int64_t LimitOfGroup(const std::string& folder) {
  return NumberIn(JoinPath(folder, "memory.max")).value_or(kNoLimit);
}

// What a group's limit leaves: file pages that nobody used lately can be had back.
int64_t RoomInGroup(const std::string& folder) {
  const auto limit = NumberIn(JoinPath(folder, "memory.max"));
  const auto used = NumberIn(JoinPath(folder, "memory.current"));
  if (!limit || !used) return kNoLimit;
  const std::string stat = ReadFile(JoinPath(folder, "memory.stat"), kMaxFile).value_or("");
  return *limit - *used + Field(stat, "inactive_file ").value_or(0);
}

// "0::/a/b": the group of the unified hierarchy. Inside a container it is usually "/".
std::string GroupOf(absl::string_view text) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::ConsumePrefix(&line, "0::")) return std::string(line);
  }
  return "/";
}

// The least of what `of` says of this process's group and those above it.
int64_t LeastOfGroups(const std::string& root, int64_t (*of)(const std::string& folder)) {
  const std::string text = ReadFile(absl::StrCat(root, "/proc/self/cgroup"), kMaxFile).value_or("");
  std::string group = GroupOf(text);
  int64_t least = kNoLimit;
  while (true) {
    least = std::min(least, of(absl::StrCat(root, "/sys/fs/cgroup", group)));
    const size_t slash = group.rfind('/');
    if (group.empty() || slash == std::string::npos) return least;
    group.resize(slash);
  }
}

absl::StatusOr<int64_t> OfMachine(const std::string& root, absl::string_view key) {
  const std::string text = ReadFile(absl::StrCat(root, "/proc/meminfo"), kMaxFile).value_or("");
  const std::optional<int64_t> kibibytes = Field(text, key);
  if (!kibibytes) return absl::UnavailableError(absl::StrCat("/proc/meminfo has no ", key));
  return *kibibytes * kKibibyte;
}

}  // namespace

absl::StatusOr<int64_t> MemoryRoom(const std::string& root) {
  LB_ASSIGN_OR_RETURN(const int64_t available, OfMachine(root, "MemAvailable:"));
  return std::min(available, LeastOfGroups(root, RoomInGroup));
}

absl::StatusOr<int64_t> MemoryLimit(const std::string& root) {
  LB_ASSIGN_OR_RETURN(const int64_t total, OfMachine(root, "MemTotal:"));
  return std::min(total, LeastOfGroups(root, LimitOfGroup));
}

absl::StatusOr<int64_t> ResidentMemory(const std::string& root) {
  // Pages: the program's size, then what of it is resident.
  const std::string text = ReadFile(absl::StrCat(root, "/proc/self/statm"), kMaxFile).value_or("");
  const std::vector<absl::string_view> numbers = absl::StrSplit(text, ' ');
  int64_t pages = 0;
  if (numbers.size() < 2 || !absl::SimpleAtoi(numbers[1], &pages)) {
    return absl::UnavailableError("/proc/self/statm does not say what is resident");
  }
  return pages * ::sysconf(_SC_PAGESIZE);
}

int64_t MemoryToLoad(int64_t bytes) { return kFilesInMemory * bytes + kFixedBytes; }

}  // namespace lookbook
