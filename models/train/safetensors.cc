#include "models/train/safetensors.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr size_t kPrefix = 8;
constexpr uint64_t kMaxHeader = 100'000'000;  // The format's own limit.
constexpr int kDeepest = 3;                   // The file, a tensor, its shape.
constexpr size_t kMaxDimensions = 8;

struct Entry {
  std::string name;
  c10::ScalarType type = c10::ScalarType::Float;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;
};

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("safetensors: ", what));
}

uint64_t HeaderLength(absl::string_view bytes) {
  uint64_t length = 0;
  for (size_t i = 0; i < kPrefix; ++i)
    length |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  return length;
}

absl::StatusOr<c10::ScalarType> TypeOf(const std::string& name) {
  static const auto* const types = new std::map<std::string, c10::ScalarType>{
      {"F64", c10::ScalarType::Double}, {"F32", c10::ScalarType::Float},
      {"F16", c10::ScalarType::Half},   {"BF16", c10::ScalarType::BFloat16},
      {"I64", c10::ScalarType::Long},   {"I32", c10::ScalarType::Int},
      {"BOOL", c10::ScalarType::Bool}};
  const auto found = types->find(name);
  if (found != types->end()) return found->second;
  return absl::InvalidArgumentError(
      absl::StrCat("safetensors: type ", name, " is none of those that weights have"));
}

// Bytes that a tensor of the shape has; `limit` + 1 where it is more than `limit`.
uint64_t BytesOf(const Entry& entry, uint64_t limit) {
  uint64_t bytes = c10::elementSize(entry.type);
  if (std::count(entry.shape.begin(), entry.shape.end(), 0) > 0) return 0;
  for (const int64_t size : entry.shape) {
    if (bytes > limit / static_cast<uint64_t>(size)) return limit + 1;
    bytes *= static_cast<uint64_t>(size);
  }
  return bytes;
}

absl::StatusOr<Entry> ReadEntry(const std::string& name, const nlohmann::json& json,
                                uint64_t data_size) {
  Entry entry;
  entry.name = name;
  LB_ASSIGN_OR_RETURN(entry.type, TypeOf(json.at("dtype").get<std::string>()));
  const nlohmann::json& shape = json.at("shape");
  if (!shape.is_array()) return Damaged(absl::StrCat(name, " has a shape that is no list"));
  for (const nlohmann::json& size : shape) {
    if (!size.is_number_unsigned() || size.get<uint64_t>() > data_size)
      return Damaged(absl::StrCat(name, " has a size out of range"));
    entry.shape.push_back(size.get<int64_t>());
  }
  const nlohmann::json& offsets = json.at("data_offsets");
  if (entry.shape.size() > kMaxDimensions || !offsets.is_array() || offsets.size() != 2 ||
      !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned()) {
    return Damaged(absl::StrCat(name, " has other shape or offsets than the format allows"));
  }
  entry.begin = offsets[0].get<uint64_t>();
  entry.end = offsets[1].get<uint64_t>();
  if (entry.begin > entry.end || entry.end > data_size)
    return Damaged(absl::StrCat(name, " leaves the file"));
  if (entry.end - entry.begin != BytesOf(entry, data_size))
    return Damaged(absl::StrCat(name, " has other bytes than its shape needs"));
  return entry;
}

// A header may not be nested until memory ends.
bool LimitDepth(int depth, nlohmann::json::parse_event_t /*event*/, nlohmann::json& /*value*/) {
  if (depth > kDeepest) throw std::length_error("nested too deeply");
  return true;
}

absl::StatusOr<std::vector<Entry>> ReadHeader(absl::string_view header, uint64_t data_size) {
  std::vector<Entry> entries;
  try {
    const nlohmann::json json = nlohmann::json::parse(header.begin(), header.end(), LimitDepth);
    if (!json.is_object()) return Damaged("its header is no object");
    for (const auto& item : json.items()) {
      if (item.key() == "__metadata__") continue;
      LB_ASSIGN_OR_RETURN(Entry entry, ReadEntry(item.key(), item.value(), data_size));
      entries.push_back(std::move(entry));
    }
  } catch (const std::exception& e) {
    return Damaged(absl::StrCat("its header is damaged: ", e.what()));
  }
  return entries;
}

// The format leaves no gap; so a header that lost a tensor is noticed, and so is a cut file.
absl::Status CheckCover(std::vector<Entry>& entries, uint64_t data_size) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::make_pair(a.begin, a.end) < std::make_pair(b.begin, b.end);
  });
  uint64_t next = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != next)
      return Damaged(absl::StrCat(entry.name, " overlaps the tensor before it or leaves a gap"));
    next = entry.end;
  }
  return next == data_size ? absl::OkStatus() : Damaged("bytes that belong to no tensor");
}

}  // namespace

bool IsSafetensors(absl::string_view bytes) {
  return bytes.size() > kPrefix && bytes[kPrefix] == '{' && HeaderLength(bytes) <= kMaxHeader;
}

absl::StatusOr<NamedTensors> ReadSafetensors(absl::string_view bytes) {
  if (!IsSafetensors(bytes)) return Damaged("no such header");
  const uint64_t length = HeaderLength(bytes);
  if (length > bytes.size() - kPrefix) return Damaged("its header is cut off");
  const absl::string_view data = bytes.substr(kPrefix + length);
  LB_ASSIGN_OR_RETURN(std::vector<Entry> entries,
                      ReadHeader(bytes.substr(kPrefix, length), data.size()));
  LB_RETURN_IF_ERROR(CheckCover(entries, data.size()));
  return CatchToStatus("safetensors", [&]() -> absl::StatusOr<NamedTensors> {
    NamedTensors tensors;
    for (const Entry& entry : entries) {
      torch::Tensor tensor = torch::empty(entry.shape, entry.type);
      const size_t size = entry.end - entry.begin;
      if (size > 0) std::memcpy(tensor.data_ptr(), data.data() + entry.begin, size);
      tensors[entry.name] = tensor;
    }
    return tensors;
  });
}

}  // namespace lookbook
