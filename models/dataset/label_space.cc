#include "models/dataset/label_space.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "nlohmann/json.hpp"

namespace lookbook {
namespace {

using Json = nlohmann::json;

absl::StatusOr<Label> ParseLabel(const Json& entry, absl::string_view place) {
  if (!entry.is_object())
    return absl::InvalidArgumentError(absl::StrCat(place, " is not an object"));
  const auto id = entry.find("id");
  if (id == entry.end() || !id->is_number_unsigned() || id->get<uint64_t>() > UINT32_MAX) {
    return absl::InvalidArgumentError(absl::StrCat(place, " has no id in [0, 2^32)"));
  }
  const auto name = entry.find("name");
  if (name == entry.end() || !name->is_string()) {
    return absl::InvalidArgumentError(absl::StrCat(place, " has no name"));
  }
  Label label;
  label.id = id->get<uint32_t>();
  label.name = name->get<std::string>();
  const auto supercategory = entry.find("supercategory");
  if (supercategory != entry.end() && supercategory->is_string()) {
    label.supercategory = supercategory->get<std::string>();
  }
  return label;
}

absl::StatusOr<std::vector<Label>> ParseLabels(const Json& list, absl::string_view place) {
  if (!list.is_array()) return absl::InvalidArgumentError(absl::StrCat(place, " is not a list"));
  std::vector<Label> labels;
  absl::flat_hash_set<uint32_t> seen;
  for (size_t i = 0; i < list.size(); ++i) {
    LB_ASSIGN_OR_RETURN(Label label, ParseLabel(list[i], absl::StrCat(place, "[", i, "]")));
    if (!seen.insert(label.id).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(place, "[", i, "]: id ", label.id, " comes twice"));
    }
    labels.push_back(std::move(label));
  }
  return labels;
}

}  // namespace

absl::StatusOr<LabelSpace> ParseLabelDescriptions(absl::string_view json, absl::string_view name) {
  const Json document = Json::parse(json.begin(), json.end(), nullptr, /*allow_exceptions=*/false);
  if (!document.is_object())
    return absl::InvalidArgumentError(absl::StrCat(name, " is not a JSON object"));
  const auto categories = document.find("categories");
  if (categories == document.end() || categories->empty()) {
    return absl::InvalidArgumentError(absl::StrCat(name, " has no \"categories\""));
  }
  LabelSpace labels;
  LB_ASSIGN_OR_RETURN(labels.classes, ParseLabels(*categories, absl::StrCat(name, ": categories")));
  const auto attributes = document.find("attributes");
  if (attributes != document.end()) {
    LB_ASSIGN_OR_RETURN(labels.attributes,
                        ParseLabels(*attributes, absl::StrCat(name, ": attributes")));
  }
  return labels;
}

ColumnIndex::ColumnIndex(const std::vector<Label>& labels) {
  for (size_t i = 0; i < labels.size(); ++i) columns_[labels[i].id] = static_cast<int>(i);
}

std::optional<int> ColumnIndex::Find(uint32_t id) const {
  const auto found = columns_.find(id);
  if (found == columns_.end()) return std::nullopt;
  return found->second;
}

}  // namespace lookbook
