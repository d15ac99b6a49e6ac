// Pipeline::Publish: the outputs of all steps become a bundle.
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/files.h"
#include "base/prefix.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "engine/bundle/bundle.h"
#include "engine/bundle/bundle_writer.h"
#include "models/commands/calibration_file.h"
#include "models/commands/index_facts.h"
#include "models/commands/manifest_builder.h"
#include "models/commands/model_file.h"
#include "models/commands/pipeline.h"
#include "models/train/collapse_guard.h"
#include "models/train/label_support.h"

namespace lookbook {
namespace {

absl::Status CopyInto(const std::string& from, const std::string& to) {
  std::error_code error;
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive, error);
  if (error)
    return absl::InternalError(absl::StrCat("copy ", from, " to ", to, ": ", error.message()));
  return absl::OkStatus();
}

// evaluation.json and index.json, as far as a manifest needs them.
absl::Status ReadFacts(const WorkFolder& work, ManifestFacts* facts) {
  LB_ASSIGN_OR_RETURN(const std::string evaluation_text, ReadFile(work.Path("evaluation.json")));
  LB_ASSIGN_OR_RETURN(facts->index, ReadIndexFacts(work.Path("index/index.json")));
  try {
    const nlohmann::json evaluation = nlohmann::json::parse(evaluation_text);
    facts->evaluated_split = evaluation.at("split").get<std::string>();
    facts->evaluated_images = evaluation.at("images").get<int64_t>();
    for (const auto& [name, value] : evaluation.at("values").items()) {
      if (value.is_number()) facts->values[name] = value.get<double>();
    }
  } catch (const nlohmann::json::exception& e) {
    return absl::DataLossError(absl::StrCat(work.directory(), ": evaluation.json: ", e.what()));
  }
  return absl::OkStatus();
}

// Of the weights that the training kept: "green", "amber" or "red".
absl::StatusOr<std::string> KeptHealth(const WorkFolder& work) {
  const std::string path = work.Path("train/result.json");
  LB_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    // Earlier versions wrote the last validation's alone.
    return json.at(json.contains("kept_health") ? "kept_health" : "health").get<std::string>();
  } catch (const nlohmann::json::exception& e) {
    return absl::DataLossError(absl::StrCat(path, ": ", e.what()));
  }
}

}  // namespace

// A collapsed network, which only a recipe whose guard reports leaves, is not served. Where the
// guard is off nobody asked.
absl::StatusOr<bool> Pipeline::Activates() const {
  if (!options_.activate) return false;
  if (recipe_.stages.back().guard.action == "off") return true;
  LB_ASSIGN_OR_RETURN(const std::string health, KeptHealth(work_));
  if (health != HealthName(Health::kRed)) return true;
  std::fprintf(stderr,
               "publish  the network has collapsed (red): CURRENT stays as it is; %s says why\n",
               work_.Path("train/history.json").c_str());
  return false;
}

absl::StatusOr<std::string> Pipeline::PublishInputs(const std::string& root, bool activate) {
  LB_ASSIGN_OR_RETURN(const std::string index_inputs, IndexInputs());
  LB_RETURN_IF_ERROR(Require("index", index_inputs, "index/index.faiss"));
  LB_ASSIGN_OR_RETURN(const std::string evaluate_inputs, EvaluateInputs());
  LB_RETURN_IF_ERROR(Require("evaluate", evaluate_inputs, "evaluation.json"));
  std::map<std::string, std::string> inputs;
  for (const char* file :
       {"export/model.ts", "index/index.faiss", "index/items.sqlite", "index/golden/golden.json",
        "index/index.json", "calibration.json", "evaluation.json"}) {
    LB_ASSIGN_OR_RETURN(inputs[file], Sha256OfFile(work_.Path(file)));
  }
  inputs["root"] = root;
  inputs["activate"] = activate ? "yes" : "no";
  inputs["recipe"] = Sha256Hex(recipe_.text);
  return HashOf(inputs);
}

absl::Status Pipeline::Publish() {
  const std::string root = options_.bundles.empty() ? work_.Path("bundles") : options_.bundles;
  // Whether the steps before are done comes first.
  LB_RETURN_IF_ERROR(PublishInputs(root, options_.activate).status());
  LB_ASSIGN_OR_RETURN(const bool activate, Activates());
  LB_ASSIGN_OR_RETURN(const std::string inputs, PublishInputs(root, activate));
  // The bundle itself lies outside this folder: it must still be what CURRENT names, or be there at
  // all.
  const absl::StatusOr<std::string> published = ReadFile(work_.Path("published.json"));
  if (published.ok()) {
    const nlohmann::json json =
        nlohmann::json::parse(*published, nullptr, /*allow_exceptions=*/false);
    const absl::StatusOr<CurrentFile> current = ReadCurrent(root);
    const std::string id = json.is_object() ? json.value("bundle_id", "") : "";
    const bool live =
        activate ? current.ok() && current->bundle_id == id : PathExists(JoinPath(root, id));
    if (!live) LB_RETURN_IF_ERROR(work_.Forget("publish"));
  }
  return Step("publish", inputs, {"published.json"}, [&] { return PublishNow(activate); });
}

// Written, sealed and then loaded as a server would, golden self-test included, before CURRENT
// names it.
absl::Status Pipeline::PublishNow(bool activate) {
  const std::string root = options_.bundles.empty() ? work_.Path("bundles") : options_.bundles;
  LB_ASSIGN_OR_RETURN(const std::unique_ptr<BundleWriter> writer, BundleWriter::Create(root));
  LB_RETURN_IF_ERROR(
      CopyInto(work_.Path("export/model.ts"), JoinPath(writer->directory(), kModelFile)));
  LB_RETURN_IF_ERROR(
      CopyInto(work_.Path("index/index.faiss"), JoinPath(writer->directory(), kIndexFile)));
  LB_RETURN_IF_ERROR(
      CopyInto(work_.Path("index/items.sqlite"), JoinPath(writer->directory(), kItemsFile)));
  LB_RETURN_IF_ERROR(CopyInto(work_.Path("index/golden"), JoinPath(writer->directory(), "golden")));
  LB_ASSIGN_OR_RETURN(const ModelShape shape, ReadModelShape(work_.Path("export/model.json")));
  ManifestFacts facts{.recipe = recipe_,
                      .data = data_,
                      .support = CountClasses(data_, split_.train).counts,
                      .split_sha256 = split_sha256_,
                      .preprocess = spec_,
                      .shape = shape};
  LB_RETURN_IF_ERROR(ReadFacts(work_, &facts));
  LB_ASSIGN_OR_RETURN(facts.calibration, ReadCalibration(work_.Path("calibration.json")));
  LB_ASSIGN_OR_RETURN(const std::string id,
                      writer->Publish(MakeManifest(facts), absl::Now(), /*activate=*/false));
  const std::string directory = JoinPath(root, id);
  const absl::StatusOr<std::shared_ptr<const Bundle>> bundle = OpenBundle(directory, {});
  if (!bundle.ok()) {
    LB_RETURN_IF_ERROR(RemoveAll(directory));
    return WithPrefix("the new bundle does not pass its own checks and was removed",
                      bundle.status());
  }
  if (activate) {
    LB_ASSIGN_OR_RETURN(const std::string sha256, Sha256OfFile(JoinPath(directory, kManifestFile)));
    LB_RETURN_IF_ERROR(WriteCurrent(root, {.bundle_id = id, .manifest_sha256 = sha256}));
  }
  const nlohmann::json json = {
      {"bundle_id", id}, {"root", root}, {"directory", directory}, {"active", activate}};
  LB_RETURN_IF_ERROR(WriteFileAtomic(work_.Path("published.json"), JsonText(json)));
  std::printf("publish  %s%s; index %s\n", directory.c_str(), activate ? " (CURRENT)" : "",
              DescribeIndex(recipe_.index_spec, facts.index).c_str());
  return absl::OkStatus();
}

}  // namespace lookbook
