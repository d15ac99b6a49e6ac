#include "models/study/study_export.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "models/report/csv_field.h"
#include "models/study/study_pairs.h"

namespace lookbook {
namespace {

using Json = nlohmann::ordered_json;

std::string Number(double value) {
  return std::isfinite(value) ? absl::StrFormat("%.6g", value) : "";
}

// Sorted, of all rows together.
struct Keys {
  std::set<std::string> values, intervals;
};

Keys KeysOf(const Study& study) {
  Keys out;
  for (const StudyRow& row : study.rows) {
    for (const auto& [key, value] : row.values) out.values.insert(key);
    for (const auto& [key, interval] : row.intervals) out.intervals.insert(key);
  }
  return out;
}

Json JsonNumber(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json RowToJson(const StudyRow& row) {
  Json json = {{"run", row.run},
               {"baseline", row.baseline},
               {"backbone", row.backbone},
               {"init", row.init},
               {"loss", row.loss},
               {"length", row.length},
               {"dim", row.dim},
               {"parameters", row.parameters},
               {"train_seconds", row.train_seconds},
               {"guard", row.guard},
               {"failure", row.failure},
               {"same_as", row.same_as},
               {"train_images_per_second", row.train_images_per_second},
               {"embed_images_per_second", row.embed_images_per_second},
               {"peak_rss_bytes", row.peak_rss_bytes},
               {"model_bytes", row.model_bytes},
               {"values", Json::object()},
               {"intervals", Json::object()},
               {"classes", Json::array()}};
  for (const auto& [key, value] : row.values) json["values"][key] = JsonNumber(value);
  for (const auto& [key, interval] : row.intervals)
    json["intervals"][key] = {JsonNumber(interval.low), JsonNumber(interval.high)};
  for (const StudyClass& entry : row.classes) {
    json["classes"].push_back({{"name", entry.name},
                               {"support", entry.support},
                               {"ap", JsonNumber(entry.ap)},
                               {"f1", JsonNumber(entry.f1)}});
  }
  return json;
}

Json PairToJson(const StudyComparison& pair) {
  Json json = {{"a", pair.a}, {"b", pair.b}, {"metrics", Json::array()}};
  for (const MetricComparison& metric : pair.comparison.metrics) {
    const PairedDifference& r = metric.result;
    json["metrics"].push_back({{"metric", metric.metric},
                               {"a", JsonNumber(r.a)},
                               {"b", JsonNumber(r.b)},
                               {"difference", JsonNumber(r.difference.value)},
                               {"low", JsonNumber(r.difference.low)},
                               {"high", JsonNumber(r.difference.high)},
                               {"p", r.p},
                               {"verdict", Verdict(r)}});
  }
  return json;
}

}  // namespace

std::string StudyToCsv(const Study& study) {
  const Keys keys = KeysOf(study);
  std::string out =
      "run,baseline,backbone,init,loss,length,dim,parameters,train_seconds,guard,failure,same_as,"
      "train_images_per_second,embed_images_per_second,peak_rss_bytes,model_bytes";
  for (const std::string& key : keys.values) absl::StrAppend(&out, ",", key);
  for (const std::string& key : keys.intervals)
    absl::StrAppend(&out, ",", key, "_low,", key, "_high");
  absl::StrAppend(&out, "\n");
  for (const StudyRow& row : study.rows) {
    absl::StrAppend(&out, CsvField(row.run), ",", row.baseline ? 1 : 0, ",", CsvField(row.backbone),
                    ",", CsvField(row.init), ",", CsvField(row.loss), ",", CsvField(row.length),
                    ",", row.dim, ",");
    absl::StrAppend(&out, row.parameters, ",", Number(row.train_seconds), ",", CsvField(row.guard),
                    ",", CsvField(row.failure), ",", CsvField(row.same_as), ",",
                    Number(row.train_images_per_second), ",", Number(row.embed_images_per_second),
                    ",", row.peak_rss_bytes, ",", row.model_bytes);
    for (const std::string& key : keys.values) {
      const auto found = row.values.find(key);
      absl::StrAppend(&out, ",", found == row.values.end() ? "" : Number(found->second));
    }
    for (const std::string& key : keys.intervals) {
      const auto found = row.intervals.find(key);
      const bool there = found != row.intervals.end();
      absl::StrAppend(&out, ",", there ? Number(found->second.low) : "", ",",
                      there ? Number(found->second.high) : "");
    }
    absl::StrAppend(&out, "\n");
  }
  return out;
}

std::string StudyToJson(const Study& study) {
  Json json = {{"data", study.data},
               {"queries", study.queries},
               {"excluded_strict", study.excluded_strict},
               {"excluded_j50", study.excluded_j50},
               {"settings", study.settings},
               {"rows", Json::array()},
               {"pairs", Json::array()}};
  for (const StudyRow& row : study.rows) json["rows"].push_back(RowToJson(row));
  for (const StudyComparison& pair : study.pairs) json["pairs"].push_back(PairToJson(pair));
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lookbook
