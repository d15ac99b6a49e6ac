// A section of tests/models/oracles/vectors.json of which no value may stay unasserted.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace lookbook {

// A section whose numbers are ticked off as they are asserted. Text is no value.
class OracleSection {
 public:
  OracleSection(const nlohmann::json& oracle, const std::string& name)
      : root_(oracle.at(name)), name_(name) {
    Collect(root_, "", &left_);
    EXPECT_FALSE(left_.empty());
  }
  ~OracleSection() {
    for (const std::string& path : left_) ADD_FAILURE() << name_ << path << " is not asserted";
  }

  // What stands at "/a/b"; does not tick.
  const nlohmann::json& at(const std::string& path) const {
    return root_.at(nlohmann::json::json_pointer(path));
  }
  // An input of the case, not a result: ticks all below it.
  const nlohmann::json& Input(const std::string& path) {
    Tick(path);
    return at(path);
  }
  void Near(const std::string& path, double got, double tolerance = 1e-9) {
    const double want = at(path).get<double>();
    EXPECT_NEAR(got, want, tolerance * std::max(1.0, std::abs(want))) << name_ << path;
    Tick(path);
  }
  template <typename T>
  void NearAll(const std::string& path, const std::vector<T>& got, double tolerance = 1e-9) {
    ASSERT_EQ(got.size(), at(path).size()) << path;
    for (size_t i = 0; i < got.size(); ++i)
      Near(path + "/" + std::to_string(i), static_cast<double>(got[i]), tolerance);
  }

 private:
  static void Collect(const nlohmann::json& json, const std::string& path,
                      std::set<std::string>* out) {
    if (json.is_string()) return;
    if (!json.is_structured()) out->insert(path);
    for (const auto& [key, value] : json.items()) {
      if (json.is_structured()) Collect(value, path + "/" + key, out);
    }
  }
  void Tick(const std::string& path) {
    std::erase_if(left_, [&](const std::string& leaf) {
      return leaf == path || leaf.rfind(path + "/", 0) == 0;
    });
  }

  const nlohmann::json& root_;
  std::string name_;
  std::set<std::string> left_;
};

}  // namespace lookbook
