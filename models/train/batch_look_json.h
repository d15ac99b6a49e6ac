// BatchLook as JSON, for nlohmann::json. What is not there has no key.
#pragma once

#include <nlohmann/json.hpp>

#include "models/train/batch_look.h"

namespace lookbook {

void to_json(nlohmann::json& json, const BatchLook& look);
// Throws nlohmann::json::exception for another shape.
void from_json(const nlohmann::json& json, BatchLook& look);

}  // namespace lookbook
