#include "client/class_names.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace lookbook {
namespace {

bool HasAlternative(absl::string_view name, absl::string_view text) {
  for (absl::string_view part : absl::StrSplit(name, ',')) {
    if (absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(part), text)) return true;
  }
  return false;
}

std::string NameOr(const std::map<uint32_t, std::string>& names, uint32_t id,
                   absl::string_view what) {
  const auto found = names.find(id);
  return found == names.end() ? absl::StrCat(what, " ", id) : found->second;
}

}  // namespace

ClassNames::ClassNames(const v1::ListClassesResponse& response) : bundle_id_(response.bundle_id()) {
  for (const auto& entry : response.classes()) classes_[entry.class_id()] = entry.name();
  for (const auto& entry : response.attributes()) attributes_[entry.attribute_id()] = entry.name();
}

std::string ClassNames::ClassName(uint32_t id) const { return NameOr(classes_, id, "class"); }

std::string ClassNames::AttributeName(uint32_t id) const {
  return NameOr(attributes_, id, "attribute");
}

absl::StatusOr<uint32_t> ClassNames::FindClass(absl::string_view text) const {
  return Find(classes_, "class", text);
}

absl::StatusOr<uint32_t> ClassNames::FindAttribute(absl::string_view text) const {
  return Find(attributes_, "attribute", text);
}

absl::StatusOr<uint32_t> ClassNames::Find(const Names& names, absl::string_view what,
                                          absl::string_view text) {
  uint32_t id = 0;
  if (absl::SimpleAtoi(text, &id) && names.count(id) > 0) return id;
  const std::string lower = absl::AsciiStrToLower(text);
  std::vector<uint32_t> matches;
  std::vector<std::string> near;
  for (const auto& [entry_id, name] : names) {
    if (absl::EqualsIgnoreCase(name, text)) return entry_id;
    if (HasAlternative(name, text)) matches.push_back(entry_id);
    if (absl::StrContains(absl::AsciiStrToLower(name), lower))
      near.push_back(absl::StrCat("'", name, "'"));
  }
  if (matches.size() == 1) return matches.front();
  std::string message = absl::StrCat("no ", what, " '", text, "' in this bundle");
  if (matches.size() > 1)
    message = absl::StrCat("more than one ", what, " answers to '", text, "'");
  if (!near.empty()) absl::StrAppend(&message, "; did you mean ", absl::StrJoin(near, " or "), "?");
  return absl::InvalidArgumentError(message);
}

double Jaccard(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  const std::set<uint32_t> left(a.begin(), a.end());
  const std::set<uint32_t> right(b.begin(), b.end());
  const auto shared =
      std::count_if(left.begin(), left.end(), [&](uint32_t id) { return right.count(id) > 0; });
  const size_t united = left.size() + right.size() - static_cast<size_t>(shared);
  return united == 0 ? 0.0 : static_cast<double>(shared) / static_cast<double>(united);
}

}  // namespace lookbook
