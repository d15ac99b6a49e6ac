#include "models/train/zip_directory.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr absl::string_view kEnd("PK\5\6", 4), kEnd64("PK\6\6", 4), kLocator64("PK\6\7", 4),
    kEntry("PK\1\2", 4);
constexpr size_t kEndSize = 22, kEnd64Size = 56, kLocatorSize = 20, kEntrySize = 46;
constexpr size_t kLongestComment = 65535;
constexpr uint64_t kMaxRecords = 200'000;
constexpr uint16_t kZip64Field = 1;
constexpr uint32_t kIn64 = 0xFFFFFFFF;

struct Extent {
  uint64_t records = 0;
  uint64_t offset = 0;
  uint64_t size = 0;
};

// A little-endian number. REQUIRES: it lies within `bytes`.
template <typename T>
T Number(absl::string_view bytes, size_t at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value |= static_cast<T>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  }
  return value;
}

bool Holds(absl::string_view bytes, uint64_t at, uint64_t size) {
  return at <= bytes.size() && size <= bytes.size() - at;
}

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("zip archive: ", what));
}

absl::StatusOr<Extent> FindDirectory(absl::string_view bytes) {
  if (bytes.size() < kEndSize) return Damaged("too short");
  const size_t lowest = bytes.size() - std::min(bytes.size(), kEndSize + kLongestComment);
  size_t end = bytes.size() - kEndSize;
  while (bytes.substr(end, 4) != kEnd) {
    if (end-- == lowest) return Damaged("its end is missing");
  }
  if (end >= kLocatorSize && bytes.substr(end - kLocatorSize, 4) == kLocator64) {
    const uint64_t at = Number<uint64_t>(bytes, end - kLocatorSize + 8);
    if (!Holds(bytes, at, kEnd64Size) || bytes.substr(at, 4) != kEnd64)
      return Damaged("its zip64 end is not where it is said to be");
    return Extent{Number<uint64_t>(bytes, at + 32), Number<uint64_t>(bytes, at + 48),
                  Number<uint64_t>(bytes, at + 40)};
  }
  return Extent{Number<uint16_t>(bytes, end + 10), Number<uint32_t>(bytes, end + 16),
                Number<uint32_t>(bytes, end + 12)};
}

// The unpacked size, which stands first in the zip64 field where the entry's own is full.
absl::StatusOr<uint64_t> Size64(absl::string_view extra) {
  while (extra.size() >= 4) {
    const uint16_t id = Number<uint16_t>(extra, 0), size = Number<uint16_t>(extra, 2);
    if (!Holds(extra, 4, size)) break;
    if (id == kZip64Field && size >= 8) return Number<uint64_t>(extra, 4);
    extra.remove_prefix(4 + size);
  }
  return Damaged("a record lacks its size");
}

}  // namespace

absl::StatusOr<std::map<std::string, ZipRecord>> ReadZipDirectory(absl::string_view bytes) {
  LB_ASSIGN_OR_RETURN(const Extent extent, FindDirectory(bytes));
  if (extent.records > kMaxRecords) return Damaged(absl::StrCat(extent.records, " records"));
  if (!Holds(bytes, extent.offset, extent.size)) return Damaged("its directory leaves the file");
  absl::string_view rest = bytes.substr(extent.offset, extent.size);
  std::map<std::string, ZipRecord> records;
  for (uint64_t i = 0; i < extent.records; ++i) {
    if (rest.size() < kEntrySize || rest.substr(0, 4) != kEntry)
      return Damaged("its directory is damaged");
    const size_t name = Number<uint16_t>(rest, 28), extra = Number<uint16_t>(rest, 30),
                 comment = Number<uint16_t>(rest, 32);
    if (!Holds(rest, kEntrySize, name + extra + comment))
      return Damaged("its directory is cut off");
    ZipRecord record{Number<uint16_t>(rest, 10), Number<uint32_t>(rest, 16),
                     Number<uint32_t>(rest, 24)};
    if (record.size == kIn64) {
      LB_ASSIGN_OR_RETURN(record.size, Size64(rest.substr(kEntrySize + name, extra)));
    }
    const std::string key(rest.substr(kEntrySize, name));
    if (!records.emplace(key, record).second) return Damaged(absl::StrCat("two records ", key));
    rest.remove_prefix(kEntrySize + name + extra + comment);
  }
  return records;
}

}  // namespace lookbook
