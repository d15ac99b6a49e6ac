// The metrics are an interface: dashboards and alerts name them. exported.txt is the list; here it
// is compared, and so are the document and the conventions that `promtool check metrics` asks for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/files.h"
#include "server/metrics/server_metrics.h"
#include "tests/server/metrics/scrape_text.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAreArray;

// The lines of the list: "name type label,label".
std::vector<std::string> Golden() {
  const auto text = ReadFile("tests/server/metrics/exported.txt");
  EXPECT_THAT(text, IsOk());
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(text.value_or(""), '\n', absl::SkipEmpty())) {
    if (!absl::StartsWith(line, "#")) lines.emplace_back(line);
  }
  return lines;
}

std::map<std::string, ScrapedFamily> Scraped() {
  ServerMetrics metrics({"first", "second"});
  metrics.WatchDevice([] {
    BackendStats stats;
    stats.devices = {
        {.name = "0", .memory_used_bytes = 1, .memory_total_bytes = 2, .utilization = 0.5}};
    stats.graph_replays = {{8, 3}};
    return stats;
  });
  metrics.BundleActive("first", "20261123T101500Z-3f9a1c02b7de", "resnet50", "Flat");
  return ParseScrape(metrics.Scrape());
}

TEST(ExportedNamesTest, AreExactlyThoseOfTheList) {
  std::vector<std::string> exported;
  for (const auto& [name, family] : Scraped()) {
    const std::string labels = absl::StrJoin(family.LabelNames(), ",");
    exported.push_back(absl::StrCat(name, " ", family.type, labels.empty() ? "" : " ", labels));
  }
  EXPECT_THAT(exported, ElementsAreArray(Golden()));
}

TEST(ExportedNamesTest, TheDocumentListsThemAllAndNoOther) {
  LB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile("docs/metrics.md"));
  const size_t table = text.find("\n|---"), end = text.find("\n\n", table);
  std::set<std::string> listed, exported;
  const std::string rows = text.substr(table, end - table);
  const std::regex name("(?:lookbook|process)_[a-z0-9_]+");
  for (std::sregex_iterator match(rows.begin(), rows.end(), name); match != std::sregex_iterator();
       ++match) {
    listed.insert(match->str());
  }
  for (const auto& [family, ignored] : Scraped()) exported.insert(family);
  EXPECT_THAT(listed, ::testing::ElementsAreArray(exported));
}

TEST(ExportedNamesTest, FollowTheConventionsOfPrometheus) {
  for (const auto& [name, family] : Scraped()) {
    EXPECT_FALSE(family.help.empty()) << name;
    EXPECT_THAT(name, ::testing::MatchesRegex("[a-z][a-z0-9_]*"));
    EXPECT_EQ(absl::EndsWith(name, "_total"), family.type == "counter") << name;
    for (const char* suffix : {"_count", "_sum", "_bucket"}) {
      EXPECT_FALSE(absl::EndsWith(name, suffix)) << name;
    }
    for (const char* unit : {"milli", "micro", "_ms", "_us", "_mb", "_kb", "minutes", "percent"}) {
      EXPECT_FALSE(absl::StrContains(name, unit)) << name << " is not in a base unit";
    }
    for (const char* type : {"gauge", "counter", "histogram"}) {
      EXPECT_FALSE(absl::StrContains(name, type)) << name << " repeats its type";
    }
  }
}

TEST(ExportedNamesTest, HistogramsRiseToInfinityAndAgreeWithTheirCount) {
  for (const auto& [name, family] : Scraped()) {
    if (family.type != "histogram") continue;
    double last = -1;
    int infinities = 0, counts = 0;
    for (const ScrapedSample& sample : family.samples) {
      counts += absl::EndsWith(sample.name, "_count");
      if (!absl::EndsWith(sample.name, "_bucket")) continue;
      const std::string& bound = sample.labels.at("le");
      const double value = std::stod(bound == "+Inf" ? "inf" : bound);
      EXPECT_TRUE(last < value) << name << " " << bound;
      last = bound == "+Inf" ? -1 : value;
      infinities += bound == "+Inf";
    }
    EXPECT_EQ(infinities, counts) << name;
    EXPECT_GT(counts, 0) << name;
  }
}

TEST(ExportedNamesTest, EightBundlesStayWithinTheBudgetOfSeries) {
  ServerMetrics metrics({"a", "b", "c", "d", "e", "f", "g", "h"});
  size_t series = 0;
  for (const auto& [name, family] : ParseScrape(metrics.Scrape())) series += family.samples.size();
  EXPECT_LE(series, 2000u);
}

}  // namespace
}  // namespace lookbook
