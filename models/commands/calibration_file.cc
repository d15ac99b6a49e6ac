#include "models/commands/calibration_file.h"

#include <google/protobuf/util/json_util.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"

namespace lookbook {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ReliabilityBin, predicted, observed, pairs)

namespace {

absl::StatusOr<nlohmann::json> BlockToJson(const bundle::v1::Calibration& block) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(block, &text, options);
  if (!status.ok()) return absl::InternalError(std::string(status.message()));
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace

CalibrationFacts ToFacts(const CalibrationResult& result) {
  CalibrationFacts facts{.thresholds = result.thresholds,
                         .reliability = result.reliability,
                         .reliability_first = result.reliability_first};
  bundle::v1::Calibration& block = facts.block;
  block.set_source(result.source);
  block.set_queries(static_cast<uint64_t>(result.queries));
  block.set_pairs(static_cast<uint64_t>(result.pairs));
  for (const Knot& knot : result.knots) {
    auto* entry = block.add_knots();
    entry->set_similarity(knot.similarity);
    entry->set_probability(knot.probability);
  }
  block.set_ece_before(result.ece_before);
  block.set_ece_after(result.ece_after);
  block.set_novelty_similarity(result.novelty_similarity);
  auto* histogram = block.mutable_top1_similarity();
  histogram->mutable_upper_bounds()->Add(std::begin(kTop1Bounds), std::end(kTop1Bounds));
  for (const int64_t count : result.top1_counts)
    histogram->add_counts(static_cast<uint64_t>(count));
  block.mutable_predicted_share()->Add(result.predicted_share.begin(),
                                       result.predicted_share.end());
  return facts;
}

absl::Status WriteCalibration(const std::string& path, const CalibrationFacts& facts) {
  LB_ASSIGN_OR_RETURN(const nlohmann::json block, BlockToJson(facts.block));
  const nlohmann::json json = {{"thresholds", facts.thresholds},
                               {"calibration", block},
                               {"reliability", facts.reliability},
                               {"reliability_first", facts.reliability_first}};
  return WriteFileAtomic(path, json.dump(2) + "\n");
}

absl::StatusOr<CalibrationFacts> ReadCalibration(const std::string& path) {
  LB_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  CalibrationFacts facts;
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    facts.thresholds = json.at("thresholds").get<std::vector<float>>();
    facts.reliability = json.at("reliability").get<std::vector<ReliabilityBin>>();
    facts.reliability_first = json.at("reliability_first").get<std::vector<ReliabilityBin>>();
    const auto status =
        google::protobuf::util::JsonStringToMessage(json.at("calibration").dump(), &facts.block);
    if (!status.ok())
      return absl::DataLossError(absl::StrCat(path, ": ", std::string(status.message())));
  } catch (const nlohmann::json::exception& e) {
    return absl::DataLossError(absl::StrCat(path, ": ", e.what()));
  }
  return facts;
}

}  // namespace lookbook
