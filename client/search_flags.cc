#include "client/search_flags.h"

#include "base/status_macros.h"

namespace lookbook {
namespace {

void AddFilterFlags(CLI::App& command, const std::string& what, FilterFlags& flags) {
  const auto add = [&](const std::string& name, std::vector<std::string>& values,
                       const std::string& help) {
    command.add_option(name, values, help)
        ->type_name("ID|NAME")
        ->allow_extra_args(false)  // One value a flag; repeat the flag for more.
        ->group("Filters (repeatable)");
  };
  add("--" + what, flags.all, "Only items with this " + what);
  add("--any-" + what, flags.any, "Only items with at least one " + what + " given so");
  add("--not-" + what, flags.none, "Only items without this " + what);
}

using Find = absl::StatusOr<uint32_t> (ClassNames::*)(absl::string_view) const;

absl::Status AddIds(const std::vector<std::string>& texts, const ClassNames& names, Find find,
                    google::protobuf::RepeatedField<uint32_t>& ids) {
  for (const std::string& text : texts) {
    LB_ASSIGN_OR_RETURN(const uint32_t id, (names.*find)(text));
    ids.Add(id);
  }
  return absl::OkStatus();
}

absl::Status FillFilter(const FilterFlags& flags, const ClassNames& names, Find find,
                        v1::ClassFilter& filter) {
  LB_RETURN_IF_ERROR(AddIds(flags.all, names, find, *filter.mutable_all()));
  LB_RETURN_IF_ERROR(AddIds(flags.any, names, find, *filter.mutable_any()));
  return AddIds(flags.none, names, find, *filter.mutable_none());
}

bool IsEmpty(const FilterFlags& flags) {
  return flags.all.empty() && flags.any.empty() && flags.none.empty();
}

}  // namespace

void AddQueryFlags(CLI::App& command, SearchFlags& flags) {
  command
      .add_option("pictures", flags.pictures,
                  "JPEG or PNG files, folders of them (searched recursively), or - for "
                  "standard input")
      ->type_name("IMAGE|FOLDER");
  command.add_option("--item", flags.items, "Search by an item of the catalogue (repeatable)")
      ->type_name("ID")
      ->allow_extra_args(false);
  command.add_flag("--include-self", flags.include_self, "With --item: do not leave the item out");
  command.add_option("--top-k,-k", flags.top_k, "Neighbours a query")
      ->type_name("N")
      ->check(CLI::Range(1, 1000, "1..1000"))
      ->capture_default_str();
  command.add_option("--top-classes", flags.top_classes, "Class scores a query; 0 = all")
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--top-attributes", flags.top_attributes,
                  "Attribute scores a query, of bundles that have them; 0 = all")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--min-similarity", flags.min_similarity, "Leave out neighbours below it")
      ->type_name("X")
      ->check(CLI::Range(-1.0, 1.0, "-1..1"));
  command.add_option("--bundle", flags.bundle, "Configured bundle; the server's first by default")
      ->type_name("NAME");
  AddFilterFlags(command, "class", flags.classes);
  AddFilterFlags(command, "attribute", flags.attributes);
}

void AddSearchFlags(CLI::App& command, SearchFlags& flags) {
  AddQueryFlags(command, flags);
  command.add_flag("--json", flags.json, "One JSON object per query and line");
  command.add_option("--html", flags.html, "Also write a contact sheet, one self-contained page")
      ->type_name("FILE");
  command.add_option("--title", flags.title, "Title of the contact sheet")->capture_default_str();
  command
      .add_option("--labels", flags.labels,
                  "True labels to compare with: CSV with the columns ImageId and ClassId")
      ->type_name("FILE");
  command.add_option("--concurrency", flags.concurrency, "Queries under way at once")
      ->type_name("N")
      ->check(CLI::Range(1, 64, "1..64"))
      ->capture_default_str();
  AddServerFlags(command, flags.server);
}

absl::StatusOr<v1::SearchRequest> MakeSearchRequest(const SearchFlags& flags,
                                                    const ClassNames& names) {
  v1::SearchRequest request;
  request.set_bundle(flags.bundle);
  request.set_top_k(flags.top_k);
  request.set_top_classes(flags.top_classes);
  request.set_top_attributes(flags.top_attributes);
  request.set_with_timings(true);
  if (flags.min_similarity) request.set_min_similarity(*flags.min_similarity);
  if (!IsEmpty(flags.classes)) {
    LB_RETURN_IF_ERROR(
        FillFilter(flags.classes, names, &ClassNames::FindClass, *request.mutable_class_filter()));
  }
  if (!IsEmpty(flags.attributes)) {
    LB_RETURN_IF_ERROR(FillFilter(flags.attributes, names, &ClassNames::FindAttribute,
                                  *request.mutable_attribute_filter()));
  }
  return request;
}

}  // namespace lookbook
