#include "models/commands/index_facts.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "models/commands/work_folder.h"

namespace lookbook {

absl::Status WriteIndexFacts(const std::string& path, const IndexFacts& facts) {
  nlohmann::json json = {{"items", facts.items}, {"unreadable", facts.unreadable}};
  if (facts.recall.has_value()) {
    json["search"] = facts.recall->search;
    json["recall_at_10"] = facts.recall->recall;
    json["recall_queries"] = facts.recall->queries;
    json["recall_source"] = facts.recall->source;
  }
  return WriteFileAtomic(path, JsonText(json));
}

absl::StatusOr<IndexFacts> ReadIndexFacts(const std::string& path) {
  LB_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    IndexFacts facts{.items = json.at("items").get<int64_t>(),
                     .unreadable = json.at("unreadable").get<std::vector<std::string>>()};
    if (!json.contains("recall_at_10")) return facts;
    facts.recall = IndexRecall{.search = json.at("search").get<std::string>(),
                               .recall = json.at("recall_at_10").get<double>(),
                               .queries = json.at("recall_queries").get<int64_t>(),
                               .source = json.at("recall_source").get<std::string>()};
    return facts;
  } catch (const nlohmann::json::exception& e) {
    return absl::DataLossError(absl::StrCat(path, ": ", e.what()));
  }
}

std::string DescribeIndex(const std::string& spec, const IndexFacts& facts) {
  if (!facts.recall.has_value()) return absl::StrCat(spec, ", exact");
  const IndexRecall& recall = *facts.recall;
  const bool chosen = !recall.search.empty();
  const std::string low =
      recall.recall >= kWantedRecall ? ""
      : chosen ? absl::StrFormat("; below %.2f, and nothing larger was tried", kWantedRecall)
               : absl::StrFormat("; below %.2f", kWantedRecall);
  return absl::StrFormat("%s%s%s: recall@10 %.3f (of %d queries: %s)%s", spec, chosen ? ", " : "",
                         recall.search, recall.recall, recall.queries, recall.source, low);
}

}  // namespace lookbook
