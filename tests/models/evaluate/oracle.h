// Reference values: tests/models/oracles/vectors.json.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

namespace lookbook {

inline nlohmann::json ReadOracle() {
  std::ifstream in("tests/models/oracles/vectors.json");
  if (!in)
    throw std::runtime_error(
        "tests/models/oracles/vectors.json is missing; run from the repository root");
  return nlohmann::json::parse(in);
}

// A matrix as one row-major vector.
template <typename T>
std::vector<T> Flat(const nlohmann::json& matrix) {
  std::vector<T> out;
  for (const auto& row : matrix) {
    for (const auto& value : row) out.push_back(static_cast<T>(value.get<double>()));
  }
  return out;
}

}  // namespace lookbook
