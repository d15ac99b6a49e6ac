#include "models/train/batch_look_json.h"

namespace lookbook {
namespace {

std::optional<double> Optional(const nlohmann::json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end()) return std::nullopt;
  return found->get<double>();
}

}  // namespace

void to_json(nlohmann::json& json, const BatchLook& look) {
  json = {{"step", look.step}, {"std_sqrt_d", look.std_sqrt_d}};
  if (look.triplet_active.has_value()) json["triplet_active"] = *look.triplet_active;
  if (look.triplet_accuracy.has_value()) json["triplet_accuracy"] = *look.triplet_accuracy;
}

void from_json(const nlohmann::json& json, BatchLook& look) {
  look = {.step = json.at("step").get<int64_t>(),
          .std_sqrt_d = json.at("std_sqrt_d").get<double>(),
          .triplet_active = Optional(json, "triplet_active"),
          .triplet_accuracy = Optional(json, "triplet_accuracy")};
}

}  // namespace lookbook
