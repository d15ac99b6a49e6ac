// steps.json as the trainer leaves it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/sha256.h"
#include "tests/support/status_matchers.h"

namespace lookbook {

using StepOutputs = std::map<std::string, std::vector<std::string>>;

// The steps are done with the weights that lie in `folder`; what else its steps.json says stays.
inline void AddSteps(const std::string& folder, const StepOutputs& steps) {
  const std::string path = JoinPath(folder, "steps.json");
  nlohmann::json json = nlohmann::json::parse(ReadFile(path).value_or("{}"));
  for (const auto& [step, outputs] : steps) {
    nlohmann::json& entry = json[step];
    entry = {{"inputs", "x"},
             {"weights", Sha256OfFile(JoinPath(folder, "train/weights.pt")).value_or("")},
             {"outputs", nlohmann::json::object()}};
    for (const std::string& name : outputs)
      entry["outputs"][name] = Sha256OfFile(JoinPath(folder, name)).value_or("");
  }
  EXPECT_THAT(WriteFile(path, json.dump()), IsOk());
}

// The same as the only ones.
inline void WriteSteps(const std::string& folder, const StepOutputs& steps) {
  EXPECT_THAT(WriteFile(JoinPath(folder, "steps.json"), "{}"), IsOk());
  AddSteps(folder, steps);
}

}  // namespace lookbook
