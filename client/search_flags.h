// The flags of `lookbook search` and the request they make.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/class_names.h"
#include "client/server_flags.h"
#include "lookbook/v1/search.pb.h"

namespace lookbook {

// Ids or names: an item has every one of `all`, at least one of `any`, none of `none`.
struct FilterFlags {
  std::vector<std::string> all;
  std::vector<std::string> any;
  std::vector<std::string> none;
};

struct SearchFlags {
  ServerFlags server;
  std::vector<std::string> pictures;  // Files, folders, "-".
  std::vector<std::string> items;
  std::string bundle;
  uint32_t top_k = 10;
  uint32_t top_classes = 5;
  uint32_t top_attributes = 5;
  std::optional<float> min_similarity;
  FilterFlags classes;
  FilterFlags attributes;
  bool include_self = false;
  bool json = false;
  std::string html;    // Path of the contact sheet; empty = none.
  std::string labels;  // Path of a CSV with true labels; empty = none.
  std::string title = "Contact sheet";
  int concurrency = 4;
};

// All flags of `lookbook search`.
void AddSearchFlags(CLI::App& command, SearchFlags& flags);

// Of these, the ones that say what is asked: pictures, items, bundle, top_k, top_classes,
// top_attributes, min_similarity, filters.
void AddQueryFlags(CLI::App& command, SearchFlags& flags);

// What all queries share: everything but the query itself. InvalidArgument: a
// filter names a class or an attribute that the bundle does not have.
absl::StatusOr<v1::SearchRequest> MakeSearchRequest(const SearchFlags& flags,
                                                    const ClassNames& names);

}  // namespace lookbook
