#include "tests/server/metrics/scrape_text.h"

#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace lookbook {
namespace {

std::map<std::string, std::string> ParseLabels(absl::string_view text) {
  std::map<std::string, std::string> labels;
  while (!text.empty()) {
    const size_t equals = text.find("=\"");
    const size_t end = text.find('"', equals + 2);
    if (equals == absl::string_view::npos || end == absl::string_view::npos) {
      ADD_FAILURE() << "labels " << text;
      return labels;
    }
    labels[std::string(text.substr(0, equals))] =
        std::string(text.substr(equals + 2, end - equals - 2));
    text.remove_prefix(end + 1);
    absl::ConsumePrefix(&text, ",");
  }
  return labels;
}

ScrapedSample ParseSample(absl::string_view line) {
  ScrapedSample sample;
  const size_t value_at = line.rfind(' ');
  absl::string_view series = line.substr(0, value_at);
  EXPECT_TRUE(absl::SimpleAtod(line.substr(value_at + 1), &sample.value)) << line;
  const size_t brace = series.find('{');
  sample.name = std::string(series.substr(0, brace));
  if (brace != absl::string_view::npos) {
    EXPECT_TRUE(absl::EndsWith(series, "}")) << line;
    sample.labels = ParseLabels(series.substr(brace + 1, series.size() - brace - 2));
  }
  return sample;
}

}  // namespace

std::set<std::string> ScrapedFamily::LabelNames() const {
  std::set<std::string> names;
  for (const ScrapedSample& sample : samples) {
    for (const auto& [name, value] : sample.labels) names.insert(name);
  }
  names.erase("le");
  return names;
}

std::map<std::string, ScrapedFamily> ParseScrape(absl::string_view text) {
  std::map<std::string, ScrapedFamily> families;
  std::string current;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (absl::StartsWith(line, "# ")) {
      const std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 3));
      EXPECT_EQ(words.size(), 4u) << line;
      if (words.size() != 4) continue;
      current = words[2];
      if (words[1] == "HELP") {
        EXPECT_EQ(families.count(current), 0u) << current << " appears twice";
        families[current].help = words[3];
      } else {
        families[current].type = words[3];
      }
      continue;
    }
    const ScrapedSample sample = ParseSample(line);
    absl::string_view base = sample.name;
    if (families[current].type == "histogram") {
      EXPECT_TRUE(absl::ConsumeSuffix(&base, "_bucket") || absl::ConsumeSuffix(&base, "_sum") ||
                  absl::ConsumeSuffix(&base, "_count"))
          << line;
    }
    EXPECT_EQ(base, current) << line;
    families[current].samples.push_back(sample);
  }
  return families;
}

double ValueOf(absl::string_view text, absl::string_view series) {
  const ScrapedSample wanted = ParseSample(std::string(series) + " 0");
  for (const auto& [name, family] : ParseScrape(text)) {
    for (const ScrapedSample& sample : family.samples) {
      if (sample.name == wanted.name && sample.labels == wanted.labels) return sample.value;
    }
  }
  ADD_FAILURE() << "no series " << series;
  return std::nan("");
}

}  // namespace lookbook
