#include "models/study/evaluation_facts.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lookbook {
namespace {

using Json = nlohmann::json;

// What is not finite was written as null.
double Number(const Json& json) { return json.is_null() ? kNotMeasured : json.get<double>(); }

double NumberOr(const Json& json, const char* key) {
  return json.contains(key) ? Number(json.at(key)) : kNotMeasured;
}

EvaluatedClass ClassFrom(const Json& json) {
  return {.id = json.at("id").get<uint32_t>(),
          .name = json.at("name").get<std::string>(),
          .support = json.at("support").get<int64_t>(),
          .ap = Number(json.at("ap")),
          .f1 = Number(json.at("f1")),
          .f1_tuned = NumberOr(json, "f1_tuned"),
          .threshold = NumberOr(json, "threshold")};
}

std::vector<EvaluatedPair> PairsFrom(const Json& json, const std::vector<EvaluatedClass>& classes) {
  std::map<uint32_t, std::string> names;
  for (const EvaluatedClass& entry : classes) names[entry.id] = entry.name;
  std::vector<EvaluatedPair> out;
  for (const Json& entry : json) {
    const auto count = [&entry](const char* key) { return entry.at(key).get<int64_t>(); };
    out.push_back({.first = names[entry.at("first").get<uint32_t>()],
                   .second = names[entry.at("second").get<uint32_t>()],
                   .images = count("images"),
                   .both = count("both"),
                   .first_alone = count("first_alone"),
                   .second_alone = count("second_alone"),
                   .neither = count("neither"),
                   .invented = count("invented")});
  }
  return out;
}

// The numbers of one ranking, by the names of EvaluationValues.
std::map<std::string, double> RankingFrom(const Json& json) {
  std::map<std::string, double> out;
  const Json& rules = json.at("relevance");
  for (const auto& [name, rule, metric] :
       {std::tuple("recall_at_1", "shared>2", "recall_at_1"),
        std::tuple("recall_at_1_strict", "strict", "recall_at_1"),
        std::tuple("recall_at_1_j50", "j50", "recall_at_1"),
        std::tuple("recall_at_1_exact", "exact", "recall_at_1"),
        std::tuple("precision_at_10_any", "any", "precision_at_10"),
        std::tuple("map_at_r_j50", "j50", "map_at_r"),
        std::tuple("retrieval_map_j50", "j50", "map")}) {
    out[name] = Number(rules.at(rule).at(metric));
  }
  for (const auto& [name, key] :
       {std::pair("ndcg_at_10", "ndcg_at_10_shared"),
        std::pair("ndcg_at_10_jaccard", "ndcg_at_10_jaccard"),
        std::pair("ndcg_at_10_exp", "ndcg_at_10_exp"), std::pair("acg_at_10", "acg_at_10"),
        std::pair("wap_at_10", "wap_at_10"), std::pair("mean_jaccard_at_5", "mean_jaccard_at_5")}) {
    out[name] = Number(json.at(key));
  }
  return out;
}

// F1 of a class that is called on every image is 2p / (1 + p), p = its share of the images.
double F1OfCallingAll(const EvaluationFacts& facts) {
  double sum = 0;
  for (const EvaluatedClass& entry : facts.classes) {
    const double share = static_cast<double>(entry.support) /
                         static_cast<double>(std::max<int64_t>(facts.images, 1));
    sum += 2 * share / (1 + share);
  }
  return facts.classes.empty() ? kNotMeasured : sum / static_cast<double>(facts.classes.size());
}

EvaluationFacts FactsFrom(const Json& json) {
  EvaluationFacts out{.split = json.at("split").get<std::string>(),
                      .images = json.at("images").get<int64_t>()};
  for (const auto& [name, value] : json.at("values").items()) out.values[name] = Number(value);
  for (const Json& entry : json.at("classes")) out.classes.push_back(ClassFrom(entry));
  if (json.contains("pairs")) out.pairs = PairsFrom(json.at("pairs"), out.classes);
  const Json& chance = json.at("chance");
  out.random = RankingFrom(chance.at("random"));
  out.frequency = RankingFrom(chance.at("label_frequency"));
  out.random["map"] = out.frequency["map"] = Number(chance.at("map"));
  out.random["f1_macro"] = F1OfCallingAll(out);
  return out;
}

}  // namespace

absl::StatusOr<EvaluationFacts> ParseEvaluation(absl::string_view json) {
  try {
    return FactsFrom(Json::parse(json.begin(), json.end()));
  } catch (const Json::exception& e) {
    return absl::DataLossError(absl::StrCat("evaluation: ", e.what()));
  }
}

double ValueOf(const std::map<std::string, double>& values, absl::string_view name) {
  const auto found = values.find(std::string(name));
  return found == values.end() ? kNotMeasured : found->second;
}

}  // namespace lookbook
