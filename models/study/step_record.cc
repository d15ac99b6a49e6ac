#include "models/study/step_record.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "base/sha256.h"
#include "base/status_macros.h"

namespace lookbook {

absl::StatusOr<StepRecord> StepRecord::Read(const std::string& folder) {
  StepRecord out(folder);
  const std::string path = JoinPath(folder, "steps.json");
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (absl::IsNotFound(text.status())) return out;
  LB_RETURN_IF_ERROR(text.status());
  try {
    const nlohmann::json json = nlohmann::json::parse(*text);
    for (const auto& [name, step] : json.items()) {
      out.steps_[name] = {step.value("weights", ""),
                          step.at("outputs").get<std::map<std::string, std::string>>()};
    }
  } catch (const nlohmann::json::exception& e) {
    return absl::DataLossError(absl::StrCat(path, ": ", e.what()));
  }
  return out;
}

bool StepRecord::IsCurrent(const std::string& step) const {
  const auto train = steps_.find("train"), found = steps_.find(step);
  if (train == steps_.end() || found == steps_.end()) return false;
  if (found->second.weights != train->second.weights) return false;
  return OutputsAreThere(train->second) && (found == train || OutputsAreThere(found->second));
}

bool StepRecord::OutputsAreThere(const Step& step) const {
  for (const auto& [name, sha256] : step.outputs) {
    const absl::StatusOr<std::string> now = Sha256OfFile(JoinPath(folder_, name));
    if (!now.ok() || *now != sha256) return false;
  }
  return true;
}

}  // namespace lookbook
