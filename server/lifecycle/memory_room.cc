#include "server/lifecycle/memory_room.h"

#include <algorithm>
#include <limits>
#include <optional>

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

int64_t RoomInGroups(const std::string& root) {
  const std::string text = ReadFile(absl::StrCat(root, "/proc/self/cgroup"), kMaxFile).value_or("");
  std::string group = GroupOf(text);
  int64_t room = kNoLimit;
  while (true) {
    room = std::min(room, RoomInGroup(absl::StrCat(root, "/sys/fs/cgroup", group)));
    const size_t slash = group.rfind('/');
    if (group.empty() || slash == std::string::npos) return room;
    group.resize(slash);
  }
}

}  // namespace

absl::StatusOr<int64_t> MemoryRoom(const std::string& root) {
  const absl::StatusOr<std::string> meminfo =
      ReadFile(absl::StrCat(root, "/proc/meminfo"), kMaxFile);
  const auto available = meminfo.ok() ? Field(*meminfo, "MemAvailable:") : std::optional<int64_t>();
  if (!available) return absl::UnavailableError("/proc/meminfo does not say what is available");
  return std::min(*available * kKibibyte, RoomInGroups(root));
}

int64_t MemoryToLoad(int64_t bytes) { return kFilesInMemory * bytes + kFixedBytes; }

}  // namespace lookbook
