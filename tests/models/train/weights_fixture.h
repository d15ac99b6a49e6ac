// The files of tests/models/fixtures/weights, made by scripts/fixtures/weights_fixtures.py.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/files.h"
#include "models/nn/embedder_net.h"

namespace lookbook {

inline std::string WeightsFixture(const std::string& name) {
  return JoinPath("tests/models/fixtures/weights", name);
}

// {"state": [[name, shape], …] in torchvision's order, "logits"} of the network in the files.
inline nlohmann::json ExpectedWeights() {
  const auto text = ReadFile(WeightsFixture("expected.json"));
  return text.ok() ? nlohmann::json::parse(*text) : nlohmann::json();
}

inline NetworkSpec FixtureSpec() {
  return {.backbone = "mobilenet_v2", .classes = 8, .width = 0.1};
}

}  // namespace lookbook
