#include "models/commands/work_folder.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/status_macros.h"

namespace lookbook {
namespace {

constexpr char kSteps[] = "steps.json";
constexpr char kTrain[] = "train";
constexpr char kWeights[] = "train/weights.pt";

}  // namespace

std::string JsonText(const nlohmann::json& json) {
  return json.dump(2, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string HashOf(const std::map<std::string, std::string>& values) {
  const nlohmann::json json(values);
  return Sha256Hex(
      json.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace));
}

absl::StatusOr<WorkFolder> WorkFolder::Open(const std::string& directory) {
  LB_RETURN_IF_ERROR(MakeDirectories(directory));
  WorkFolder out(directory);
  if (!PathExists(out.Path(kSteps))) return out;
  LB_ASSIGN_OR_RETURN(const std::string text, ReadFile(out.Path(kSteps)));
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    for (const auto& [name, step] : json.items()) {
      out.steps_[name] = {step.at("inputs").get<std::string>(), step.value("weights", ""),
                          step.at("outputs").get<std::map<std::string, std::string>>()};
    }
  } catch (const nlohmann::json::exception& e) {
    return absl::DataLossError(
        absl::StrCat(out.Path(kSteps), ": ", e.what(), "; remove it to run every step again"));
  }
  return out;
}

std::string WorkFolder::Path(const std::string& name) const { return JoinPath(directory_, name); }

bool WorkFolder::IsDone(const std::string& step, const std::string& inputs) const {
  const auto found = steps_.find(step);
  if (found == steps_.end() || found->second.inputs != inputs) return false;
  for (const auto& [name, sha256] : found->second.outputs) {
    const absl::StatusOr<std::string> now = Sha256OfFile(Path(name));
    if (!now.ok() || *now != sha256) return false;
  }
  return true;
}

absl::Status WorkFolder::MarkDone(const std::string& step, const std::string& inputs,
                                  const std::vector<std::string>& outputs) {
  Step done{.inputs = inputs};
  for (const std::string& name : outputs) {
    LB_ASSIGN_OR_RETURN(done.outputs[name], Sha256OfFile(Path(name)));
  }
  const auto train = steps_.find(kTrain);
  const Step* trained = step == kTrain ? &done : train == steps_.end() ? nullptr : &train->second;
  if (trained != nullptr && trained->outputs.count(kWeights) > 0)
    done.weights = trained->outputs.at(kWeights);
  steps_[step] = std::move(done);
  return Save();
}

absl::Status WorkFolder::Forget(const std::string& step) {
  steps_.erase(step);
  return Save();
}

absl::Status WorkFolder::Save() const {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, step] : steps_)
    json[name] = {{"inputs", step.inputs}, {"weights", step.weights}, {"outputs", step.outputs}};
  return WriteFileAtomic(Path(kSteps), JsonText(json));
}

}  // namespace lookbook
