// Reads Prometheus's text format, independently of the library that writes it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace lookbook {

struct ScrapedSample {
  std::string name;  // With _bucket, _sum or _count.
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct ScrapedFamily {
  std::string help;
  std::string type;
  std::vector<ScrapedSample> samples;
  std::set<std::string> LabelNames() const;  // Without "le".
};

// Fails the running test on a line it does not understand, and on a sample outside its family.
std::map<std::string, ScrapedFamily> ParseScrape(absl::string_view text);

// Value of the one sample `series`, written like "name{a=\"x\",b=\"y\"}"; fails the test when it is
// not there.
double ValueOf(absl::string_view text, absl::string_view series);

}  // namespace lookbook
