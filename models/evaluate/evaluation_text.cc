#include "models/evaluate/evaluation_text.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lookbook {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const RetrievalMetrics& metrics) {
  Json rules = Json::object();
  for (const RuleMetrics& rule : metrics.rules) {
    rules[std::string(RelevanceName(rule.relevance))] = {
        {"queries", rule.queries},         {"excluded", rule.excluded},
        {"recall_at_1", rule.recall_at_1}, {"precision_at_10", rule.precision_at_10},
        {"map_at_r", rule.map_at_r},       {"map", rule.map}};
  }
  return {{"relevance", rules},
          {"ndcg_excluded", metrics.ndcg_excluded},
          {"ndcg_at_10_shared", metrics.ndcg_at_10_shared},
          {"ndcg_at_10_jaccard", metrics.ndcg_at_10_jaccard},
          {"ndcg_at_10_exp", metrics.ndcg_at_10_exp},
          {"acg_at_10", metrics.acg_at_10},
          {"wap_at_10", metrics.wap_at_10},
          {"mean_jaccard_at_5", metrics.mean_jaccard_at_5}};
}

Json ClassesToJson(const SetEvaluation& evaluation) {
  Json classes = Json::array();
  for (size_t j = 0; j < evaluation.classes.size(); ++j) {
    classes.push_back({{"id", evaluation.classes[j].id},
                       {"name", evaluation.classes[j].name},
                       {"support", evaluation.classification.support[j]},
                       {"ap", evaluation.classification.ap[j]},
                       {"f1", evaluation.classification.f1[j]}});
    if (!evaluation.tuned.has_value()) continue;
    classes.back()["threshold"] = evaluation.thresholds[j];
    classes.back()["f1_tuned"] = evaluation.tuned->f1[j];
  }
  return classes;
}

Json PairsToJson(const SetEvaluation& evaluation) {
  Json pairs = Json::array();
  for (const CoOccurrence& pair : evaluation.pairs) {
    pairs.push_back({{"first", evaluation.classes[pair.first].id},
                     {"second", evaluation.classes[pair.second].id},
                     {"images", pair.images},
                     {"both", pair.both},
                     {"first_alone", pair.first_alone},
                     {"second_alone", pair.second_alone},
                     {"neither", pair.neither},
                     {"invented", pair.invented}});
  }
  return pairs;
}

// One line: name, the model's value, random order, commonest labels first.
std::string Row(absl::string_view name, double value, double random, double frequency) {
  return absl::StrFormat("  %-28s %8.4f %10.4f %10.4f\n", name, value, random, frequency);
}

std::string RetrievalRows(const SetEvaluation& evaluation) {
  std::string out;
  const RetrievalMetrics &r = evaluation.retrieval, &c = evaluation.random,
                         &f = evaluation.frequency;
  for (size_t i = 0; i < r.rules.size(); ++i) {
    const absl::string_view name = RelevanceName(r.rules[i].relevance);
    absl::StrAppend(&out,
                    Row(absl::StrCat("R@1    ", name), r.rules[i].recall_at_1,
                        c.rules[i].recall_at_1, f.rules[i].recall_at_1),
                    Row(absl::StrCat("P@10   ", name), r.rules[i].precision_at_10,
                        c.rules[i].precision_at_10, f.rules[i].precision_at_10),
                    Row(absl::StrCat("MAP@R  ", name), r.rules[i].map_at_r, c.rules[i].map_at_r,
                        f.rules[i].map_at_r));
  }
  absl::StrAppend(
      &out,
      Row("nDCG@10 shared labels", r.ndcg_at_10_shared, c.ndcg_at_10_shared, f.ndcg_at_10_shared),
      Row("nDCG@10 Jaccard", r.ndcg_at_10_jaccard, c.ndcg_at_10_jaccard, f.ndcg_at_10_jaccard),
      Row("nDCG@10 gain 2^S - 1", r.ndcg_at_10_exp, c.ndcg_at_10_exp, f.ndcg_at_10_exp),
      Row("ACG@10", r.acg_at_10, c.acg_at_10, f.acg_at_10),
      Row("mean Jaccard of the top 5", r.mean_jaccard_at_5, c.mean_jaccard_at_5,
          f.mean_jaccard_at_5));
  absl::StrAppend(&out, "  queries without a relevant item, left out:");
  for (const RuleMetrics& rule : r.rules)
    absl::StrAppend(&out, " ", RelevanceName(rule.relevance), " ", rule.excluded);
  return out + "\n";
}

// One figure, for which nobody has asked what chance gives.
std::string PlainRow(absl::string_view name, double value) {
  return absl::StrFormat("  %-28s %8.4f\n", name, value);
}

std::string SingleLabelRows(const SetEvaluation& e) {
  std::string out;
  if (e.top1_accuracy.has_value())
    absl::StrAppend(&out, PlainRow("accuracy, highest score", *e.top1_accuracy));
  if (e.gallery.has_value() && e.gallery->knn_accuracy.has_value())
    absl::StrAppend(&out, PlainRow("accuracy, 5 nearest items", *e.gallery->knn_accuracy));
  return out;
}

std::string GalleryRows(const GalleryEvaluation& gallery) {
  const RetrievalMetrics& r = gallery.retrieval;
  std::string out = absl::StrFormat("  against %d items of the index\n", gallery.items);
  for (const RuleMetrics& rule : r.rules) {
    absl::StrAppend(
        &out, PlainRow(absl::StrCat("  R@1    ", RelevanceName(rule.relevance)), rule.recall_at_1));
  }
  absl::StrAppend(&out, PlainRow("  P@10   any", r.rule(Relevance::kAny).precision_at_10),
                  PlainRow("  MAP@R  j50", r.rule(Relevance::kJaccard50).map_at_r),
                  PlainRow("  nDCG@10 shared labels", r.ndcg_at_10_shared),
                  PlainRow("  nDCG@10 Jaccard", r.ndcg_at_10_jaccard),
                  PlainRow("  ACG@10", r.acg_at_10),
                  PlainRow("  mean Jaccard of the top 5", r.mean_jaccard_at_5));
  return out;
}

// Such as "0.512 (0.42 of all pairs)".
std::string AlignmentText(const Alignment& alignment) {
  if (alignment.positive_pairs == 0) return "unknown (no positive pair)";
  return absl::StrFormat("%.3f (%.2f of all pairs)", alignment.positive, alignment.ratio);
}

std::string DiagnosticRows(const SetEvaluation& e) {
  return absl::StrFormat(
      "  std*sqrt(D) %.3f  mean cosine %.3f  |mean| %.3f  alignment %s  uniformity %.2f  effective "
      "rank %.1f (centred %.1f)  "
      "top-1 share %.3f\n"
      "  hubs: largest share %.2f %%  skew %.2f  Robin Hood %.2f  never a neighbour %.1f %%\n"
      "  predicted label sets: %.1f %% distinct, commonest %.1f %%\n",
      e.diagnostics.std_sqrt_d, e.diagnostics.mean_cosine, e.diagnostics.mean_norm,
      AlignmentText(e.alignment), e.diagnostics.uniformity, e.diagnostics.effective_rank,
      e.diagnostics.effective_rank_centered, e.diagnostics.top1_share, 100 * e.hubness.max_share,
      e.hubness.skewness, e.hubness.robin_hood, 100 * e.hubness.anti_hub_share,
      100 * e.label_collapse.distinct_sets, 100 * e.label_collapse.top_set_share);
}

}  // namespace

std::string EvaluationToJson(const SetEvaluation& evaluation) {
  Json json = {{"split", evaluation.split},
               {"images", evaluation.images},
               {"attribute_images", evaluation.attribute_images},
               {"values", EvaluationValues(evaluation)},
               {"retrieval", ToJson(evaluation.retrieval)}};
  if (evaluation.gallery.has_value()) {
    json["gallery"] = {{"items", evaluation.gallery->items},
                       {"own_items", evaluation.gallery->own_items}};
    json["gallery"].update(ToJson(evaluation.gallery->retrieval));
  }
  json["chance"] = {{"map", evaluation.mean_prevalence},
                    {"random", ToJson(evaluation.random)},
                    {"label_frequency", ToJson(evaluation.frequency)}};
  json["classes"] = ClassesToJson(evaluation);
  json["pairs"] = PairsToJson(evaluation);
  // A set may be named on the command line, where nothing says that text is UTF-8.
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

std::string EvaluationTable(const SetEvaluation& evaluation) {
  const ClassificationMetrics& c = evaluation.classification;
  std::string out = absl::StrFormat("%s: %d images\n  %-28s %8s %10s %10s\n", evaluation.split,
                                    evaluation.images, "", "value", "random", "frequency");
  absl::StrAppend(&out, Row("mAP", c.map, evaluation.mean_prevalence, evaluation.mean_prevalence));
  absl::StrAppendFormat(&out, "  %-28s %8.4f   (with support %.4f, micro %.4f, per image %.4f)\n",
                        "F1 macro at 0.5", c.f1_macro, c.f1_macro_supported, c.f1_micro,
                        c.f1_samples);
  if (evaluation.tuned.has_value()) {
    absl::StrAppendFormat(&out, "  %-28s %8.4f   (with support %.4f, micro %.4f, per image %.4f)\n",
                          "F1 macro, tuned thresholds", evaluation.tuned->f1_macro,
                          evaluation.tuned->f1_macro_supported, evaluation.tuned->f1_micro,
                          evaluation.tuned->f1_samples);
  }
  if (evaluation.attributes.has_value()) {
    absl::StrAppendFormat(&out, "  %-28s %8.4f   (F1 macro %.4f, %d images)\n", "mAP of attributes",
                          evaluation.attributes->map, evaluation.attributes->f1_macro,
                          evaluation.attribute_images);
  }
  absl::StrAppend(&out, SingleLabelRows(evaluation), RetrievalRows(evaluation));
  if (evaluation.gallery.has_value()) absl::StrAppend(&out, GalleryRows(*evaluation.gallery));
  absl::StrAppend(&out, DiagnosticRows(evaluation));
  absl::StrAppendFormat(&out, "  %-28s %8s %10s %10s\n", "class", "support", "AP", "F1");
  for (size_t j = 0; j < evaluation.classes.size(); ++j) {
    absl::StrAppendFormat(&out, "  %-28s %8d %10.4f %10.4f\n", evaluation.classes[j].name,
                          c.support[j], c.ap[j], c.f1[j]);
  }
  return out;
}

}  // namespace lookbook
