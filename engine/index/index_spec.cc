#include "engine/index/index_spec.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr char kKnown[] =
    "\"Flat\", \"SQ8\", \"SQfp16\", \"IVF{lists},Flat\", \"IVF{lists},SQ8\", \"HNSW{links}\"";

// Digits only, without a zero in front: one number has one spelling.
std::optional<int> ParseCount(absl::string_view text) {
  int value = 0;
  if (text.empty() || text.size() > 9 || text.front() == '0') return std::nullopt;
  for (const char c : text) {
    if (!absl::ascii_isdigit(c)) return std::nullopt;
  }
  if (!absl::SimpleAtoi(text, &value)) return std::nullopt;
  return value;
}

absl::Status OutOfRange(absl::string_view what, int value, int low, int high) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, " ", value, " is not in ", low, " to ", high));
}

absl::Status Unknown(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("index spec \"", absl::CHexEscape(text), "\" is not known; known: ", kKnown));
}

// "64,Flat" after the word "IVF".
absl::StatusOr<IndexSpec> ParseLists(absl::string_view text, absl::string_view rest) {
  IndexSpec spec{IndexKind::kIvfFlat, std::string(text)};
  if (absl::ConsumeSuffix(&rest, ",SQ8")) {
    spec.kind = IndexKind::kIvfSq8;
  } else if (!absl::ConsumeSuffix(&rest, ",Flat")) {
    return Unknown(text);
  }
  const std::optional<int> lists = ParseCount(rest);
  if (!lists.has_value()) return Unknown(text);
  if (*lists > kMaxLists) {
    return OutOfRange(absl::StrCat("index spec \"", text, "\": lists"), *lists, 1, kMaxLists);
  }
  spec.lists = *lists;
  return spec;
}

// "32" or "32,Flat" after the word "HNSW".
absl::StatusOr<IndexSpec> ParseLinks(absl::string_view text, absl::string_view rest) {
  absl::ConsumeSuffix(&rest, ",Flat");
  const std::optional<int> links = ParseCount(rest);
  if (!links.has_value()) return Unknown(text);
  if (*links < kMinLinks || *links > kMaxLinks) {
    return OutOfRange(absl::StrCat("index spec \"", text, "\": links"), *links, kMinLinks,
                      kMaxLinks);
  }
  IndexSpec spec{IndexKind::kHnsw, std::string(text)};
  spec.links = *links;
  return spec;
}

// Empty for kinds that have no effort.
absl::string_view EffortName(const IndexSpec& spec) {
  if (spec.inverted_lists()) return "nprobe";
  return spec.kind == IndexKind::kHnsw ? "efSearch" : "";
}

}  // namespace

absl::StatusOr<IndexSpec> ParseIndexSpec(absl::string_view text) {
  if (text == "Flat") return IndexSpec{IndexKind::kFlat, std::string(text)};
  if (text == "SQ8") return IndexSpec{IndexKind::kSq8, std::string(text)};
  if (text == "SQfp16") return IndexSpec{IndexKind::kSqFp16, std::string(text)};
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "IVF")) return ParseLists(text, rest);
  if (absl::ConsumePrefix(&rest, "HNSW")) return ParseLinks(text, rest);
  return Unknown(text);
}

absl::Status CheckTrainingRows(const IndexSpec& spec, int64_t rows) {
  const int64_t wanted = int64_t{kTrainingRowsPerList} * spec.lists;
  if (!spec.inverted_lists() || rows >= wanted) return absl::OkStatus();
  const int64_t most = rows / kTrainingRowsPerList;
  return absl::InvalidArgumentError(absl::StrCat(
      "index spec \"", spec.text, "\" wants ", wanted, " vectors to train its ", spec.lists,
      " lists (", kTrainingRowsPerList, " each), and there are ", rows, ": choose ",
      most > 0 ? absl::StrCat("at most ", most, " lists, or an index without lists")
               : "an index without lists"));
}

absl::StatusOr<int> ParseSearchEffort(const IndexSpec& spec, absl::string_view text) {
  const absl::string_view name = EffortName(spec);
  if (name.empty()) {
    if (text.empty()) return 0;
    return absl::InvalidArgumentError(absl::StrCat("search \"", absl::CHexEscape(text),
                                                   "\": index spec \"", spec.text,
                                                   "\" has no search parameter"));
  }
  absl::string_view rest = text;
  const bool named = absl::ConsumePrefix(&rest, name) && absl::ConsumePrefix(&rest, "=");
  const std::optional<int> effort = named ? ParseCount(rest) : std::nullopt;
  if (!effort.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("search \"", absl::CHexEscape(text),
                                                   "\" is not \"", name, "=NUMBER\", as index \"",
                                                   spec.text, "\" wants it"));
  }
  LB_RETURN_IF_ERROR(CheckSearchEffort(spec, *effort));
  return *effort;
}

std::string SearchEffortText(const IndexSpec& spec, int effort) {
  const absl::string_view name = EffortName(spec);
  return name.empty() ? "" : absl::StrCat(name, "=", effort);
}

absl::Status CheckSearchEffort(const IndexSpec& spec, int effort) {
  const int low = spec.inverted_lists() ? 1 : spec.approximate() ? kMinBeam : 0;
  const int high = spec.inverted_lists() ? spec.lists : spec.approximate() ? kMaxBeam : 0;
  if (effort >= low && effort <= high) return absl::OkStatus();
  const absl::string_view name = EffortName(spec);
  return OutOfRange(absl::StrCat("index \"", spec.text, "\": ", name.empty() ? "effort" : name),
                    effort, low, high);
}

std::vector<int> SearchEfforts(const IndexSpec& spec) {
  if (!spec.approximate()) return {0};
  std::vector<int> efforts;
  const int high = spec.inverted_lists() ? spec.lists : kMaxBeam;
  for (int effort = spec.inverted_lists() ? 1 : kMinBeam; effort <= high; effort *= 2) {
    efforts.push_back(effort);
  }
  return efforts;
}

}  // namespace lookbook
