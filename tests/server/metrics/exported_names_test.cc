// The metrics are an interface: dashboards and alerts name them. This is the list, and the
// conventions that `promtool check metrics` would hold it to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/files.h"
#include "server/metrics/server_metrics.h"
#include "tests/server/metrics/scrape_text.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAreArray;

// name, type, labels.
const std::vector<std::string> kExported = {
    "lookbook_auth_failures_total counter reason",
    "lookbook_batch_padding_total counter bundle",
    "lookbook_batch_size histogram bundle",
    "lookbook_batch_wait_seconds histogram bundle",
    "lookbook_batches_total counter bundle,result",
    "lookbook_build_info gauge commit,device,faiss,torch,version",
    "lookbook_bundle_created_timestamp_seconds gauge bundle",
    "lookbook_bundle_info gauge backbone,bundle,bundle_id,index",
    "lookbook_bundle_items gauge bundle",
    "lookbook_bundle_load_duration_seconds histogram bundle",
    "lookbook_bundle_loads_total counter bundle,result",
    "lookbook_bundle_memory_bytes gauge bundle",
    "lookbook_bundles_retiring gauge bundle",
    "lookbook_cancelled_total counter stage",
    "lookbook_certificate_expiry_timestamp_seconds gauge ",
    "lookbook_connections gauge ",
    "lookbook_connections_rejected_total counter reason",
    "lookbook_cuda_graph_replays_total counter bucket",
    "lookbook_deadline_remaining_seconds histogram method",
    "lookbook_decode_rejected_total counter reason",
    "lookbook_decode_warnings_total counter kind",
    "lookbook_embedding_failures_total counter cause",
    "lookbook_embeddings_total counter bundle,device",
    "lookbook_gpu_fallbacks_total counter cause",
    "lookbook_gpu_memory_bytes gauge device,state",
    "lookbook_gpu_utilization_ratio gauge device",
    "lookbook_health_serving gauge service",
    "lookbook_image_memory_bytes gauge ",
    "lookbook_image_pixels histogram ",
    "lookbook_images_total counter format,result",
    "lookbook_log_dropped_total counter ",
    "lookbook_queue_capacity gauge bundle,stage",
    "lookbook_queue_depth gauge bundle,stage",
    "lookbook_queue_oldest_age_seconds gauge bundle,stage",
    "lookbook_request_body_bytes histogram ",
    "lookbook_request_duration_seconds histogram method",
    "lookbook_requests_in_flight gauge method",
    "lookbook_requests_total counter code,method",
    "lookbook_search_queries_total counter bundle,kind",
    "lookbook_secret_reloads_total counter file,result",
    "lookbook_shed_total counter reason",
    "lookbook_stage_cpu_seconds_total counter stage",
    "lookbook_stage_duration_seconds histogram stage",
    "lookbook_threads gauge pool",
    "lookbook_threads_busy gauge pool",
    "lookbook_top1_similarity histogram bundle",
    "lookbook_top1_similarity_baseline_ratio gauge bound,bundle",
    "lookbook_warmup_seconds gauge bundle",
    "lookbook_watchdog_memory_bytes gauge ",
    "lookbook_watchdog_stalls_total counter thread",
    "process_cpu_seconds_total counter ",
    "process_max_fds gauge ",
    "process_open_fds gauge ",
    "process_resident_memory_bytes gauge ",
    "process_start_time_seconds gauge ",
    "process_threads gauge ",
    "process_virtual_memory_bytes gauge ",
};

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

TEST(ExportedNamesTest, AreExactlyTheDocumentedOnes) {
  std::vector<std::string> exported;
  for (const auto& [name, family] : Scraped()) {
    exported.push_back(
        absl::StrCat(name, " ", family.type, " ", absl::StrJoin(family.LabelNames(), ",")));
  }
  EXPECT_THAT(exported, ElementsAreArray(kExported));
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
