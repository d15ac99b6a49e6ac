#include "engine/bundle/golden.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle_error.h"
#include "engine/bundle/file_list.h"

namespace lookbook {
namespace {

using bundle::v1::Golden;

constexpr char kGoldenFolder[] = "golden";
constexpr double kUnitTolerance = 1e-3;

template <typename... Parts>
absl::Status Bad(const Parts&... message) {
  return BundleError("golden", kGoldenFile, ": ", message...);
}

Golden::Case ToProto(const GoldenCase& from) {
  Golden::Case to;
  to.set_image(from.image_name);
  to.mutable_embedding()->Add(from.embedding.begin(), from.embedding.end());
  to.mutable_scores()->Add(from.scores.begin(), from.scores.end());
  to.mutable_attribute_scores()->Add(from.attribute_scores.begin(), from.attribute_scores.end());
  for (const GoldenNeighbor& neighbor : from.top) {
    auto* entry = to.add_top();
    entry->set_item_id(neighbor.item_id);
    entry->set_similarity(neighbor.similarity);
  }
  return to;
}

GoldenCase FromProto(const Golden::Case& from) {
  GoldenCase to;
  to.image_name = from.image();
  to.embedding.assign(from.embedding().begin(), from.embedding().end());
  to.scores.assign(from.scores().begin(), from.scores().end());
  to.attribute_scores.assign(from.attribute_scores().begin(), from.attribute_scores().end());
  for (const auto& neighbor : from.top())
    to.top.push_back({neighbor.item_id(), neighbor.similarity()});
  return to;
}

absl::Status CheckCount(const GoldenCase& golden, absl::string_view what, size_t have,
                        size_t want) {
  if (have == want) return absl::OkStatus();
  return Bad("case ", golden.image_name, " has ", have, " ", what, ", not ", want);
}

absl::Status CheckScores(const GoldenCase& golden, const std::vector<float>& scores) {
  for (float score : scores) {
    if (!(score >= 0 && score <= 1))
      return Bad("case ", golden.image_name, " has score ", score, ", not in 0 to 1");
  }
  return absl::OkStatus();
}

absl::Status CheckCase(const GoldenCase& golden, const Manifest& manifest) {
  LB_RETURN_IF_ERROR(
      CheckCount(golden, "embedding values", golden.embedding.size(), manifest.embedding_dim()));
  LB_RETURN_IF_ERROR(CheckCount(golden, "scores", golden.scores.size(), manifest.classes_size()));
  LB_RETURN_IF_ERROR(CheckCount(golden, "attribute scores", golden.attribute_scores.size(),
                                manifest.scores_attributes() ? manifest.attributes_size() : 0));
  LB_RETURN_IF_ERROR(CheckCount(golden, "neighbours", golden.top.size(),
                                std::min<uint64_t>(kGoldenTop, manifest.item_count())));
  double squares = 0;
  for (float value : golden.embedding) squares += double{value} * value;
  if (!(std::abs(std::sqrt(squares) - 1) <= kUnitTolerance)) {
    return Bad("case ", golden.image_name, " has an embedding of length ", std::sqrt(squares),
               ", not 1");
  }
  LB_RETURN_IF_ERROR(CheckScores(golden, golden.scores));
  return CheckScores(golden, golden.attribute_scores);
}

}  // namespace

absl::Status WriteGolden(const std::string& bundle_directory, absl::Span<const GoldenCase> cases) {
  if (cases.empty()) return absl::InvalidArgumentError("a bundle needs at least one golden case");
  const std::string folder = JoinPath(bundle_directory, kGoldenFolder);
  LB_RETURN_IF_ERROR(MakeDirectories(folder));
  std::set<std::string> names;
  Golden proto;
  for (const GoldenCase& golden : cases) {
    const std::string path = JoinPath(folder, golden.image_name);
    if (!IsSafeFileName(golden.image_name) || path == JoinPath(bundle_directory, kGoldenFile) ||
        !names.insert(golden.image_name).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the golden image name \"", absl::CHexEscape(golden.image_name), "\" is refused"));
    }
    LB_RETURN_IF_ERROR(WriteFile(path, golden.image));
    *proto.add_cases() = ToProto(golden);
  }
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(proto, &json, options);
  if (!status.ok())
    return absl::InvalidArgumentError(
        absl::StrCat(kGoldenFile, ": ", std::string(status.message())));
  return WriteFile(JoinPath(bundle_directory, kGoldenFile), json);
}

absl::StatusOr<std::vector<GoldenCase>> ReadGolden(
    const std::map<std::string, std::string>& contents, const Manifest& manifest) {
  const auto json = contents.find(kGoldenFile);
  if (json == contents.end()) return Bad("the file is missing");
  Golden proto;
  const auto status = google::protobuf::util::JsonStringToMessage(json->second, &proto);
  if (!status.ok()) return Bad(std::string(status.message()));
  if (proto.cases().empty()) return Bad("there is no case");
  std::vector<GoldenCase> cases;
  for (const auto& entry : proto.cases()) {
    GoldenCase golden = FromProto(entry);
    LB_RETURN_IF_ERROR(CheckCase(golden, manifest));
    const auto image = contents.find(absl::StrCat(kGoldenFolder, "/", golden.image_name));
    if (image == contents.end())
      return Bad("image \"", absl::CHexEscape(golden.image_name), "\" is missing");
    golden.image = image->second;
    cases.push_back(std::move(golden));
  }
  return cases;
}

}  // namespace lookbook
