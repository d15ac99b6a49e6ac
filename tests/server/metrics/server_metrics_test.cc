#include "server/metrics/server_metrics.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/server/metrics/scrape_text.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ServerMetricsTest, ACallIsInFlightUntilItEnds) {
  ServerMetrics metrics({"default"});
  metrics.RequestStarted(Method::kSearch);
  const char* in_flight = "lookbook_requests_in_flight{method=\"Search\"}";
  EXPECT_EQ(ValueOf(metrics.Scrape(), in_flight), 1);
  metrics.RequestFinished(Method::kSearch, absl::StatusCode::kNotFound, 0.02);
  const std::string text = metrics.Scrape();
  EXPECT_EQ(ValueOf(text, in_flight), 0);
  EXPECT_EQ(ValueOf(text, "lookbook_requests_total{method=\"Search\",code=\"NOT_FOUND\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_requests_total{method=\"Search\",code=\"OK\"}"), 0);
  EXPECT_EQ(ValueOf(text, "lookbook_request_duration_seconds_count{method=\"Search\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_request_duration_seconds_count{method=\"Embed\"}"), 0);
}

TEST(ServerMetricsTest, EventsLandInTheirSeries) {
  ServerMetrics metrics({"default"});
  metrics.DeadlineAtArrival(Method::kEmbed, 0.3);
  metrics.StageFinished(Stage::kReply, 0.001);
  metrics.StageComputed(Stage::kEmbed, 0.25);
  metrics.Shed(ShedReason::kDraining);
  metrics.Cancelled(Stage::kQueue);
  metrics.DecodeWarning("missing_eoi");
  metrics.SetThreads("decode", 3);
  metrics.ThreadBusy("decode", 2);
  metrics.ThreadBusy("decode", -1);
  metrics.WorkerStalled("embed");
  metrics.SetMemoryBound(1 << 30);
  metrics.ConnectionsChanged(3);
  metrics.ConnectionsChanged(-1);
  metrics.ConnectionRefused(ConnectionRefusal::kDescriptors);
  const std::string text = metrics.Scrape();
  EXPECT_EQ(ValueOf(text, "lookbook_deadline_remaining_seconds_count{method=\"Embed\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_stage_duration_seconds_count{stage=\"reply\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_stage_cpu_seconds_total{stage=\"embed\"}"), 0.25);
  EXPECT_THAT(text, Not(HasSubstr("lookbook_stage_cpu_seconds_total{stage=\"queue\"}")));
  EXPECT_EQ(ValueOf(text, "lookbook_shed_total{reason=\"draining\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_cancelled_total{stage=\"queue\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_decode_warnings_total{kind=\"missing_eoi\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_threads{pool=\"decode\"}"), 3);
  EXPECT_EQ(ValueOf(text, "lookbook_threads_busy{pool=\"decode\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_watchdog_stalls_total{thread=\"embed\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_watchdog_stalls_total{thread=\"decode\"}"), 0);
  EXPECT_EQ(ValueOf(text, "lookbook_watchdog_memory_bytes"), 1 << 30);
  EXPECT_EQ(ValueOf(text, "lookbook_connections"), 2);
  EXPECT_EQ(ValueOf(text, "lookbook_connections_rejected_total{reason=\"descriptors\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_connections_rejected_total{reason=\"memory\"}"), 0);
}

TEST(ServerMetricsTest, ImagesAreCountedByFormatAndReason) {
  ServerMetrics metrics({"default"});
  metrics.ImageDecoded("png", 5000, 64 * 64);
  metrics.ImageRejected("unknown", "unsupported_format");
  metrics.ImageRejected("jpeg", "something new");
  metrics.ImageRejected("gif", "unsupported_format");
  const std::string text = metrics.Scrape();
  EXPECT_EQ(ValueOf(text, "lookbook_images_total{format=\"png\",result=\"decoded\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_images_total{format=\"unknown\",result=\"rejected\"}"), 2);
  EXPECT_EQ(ValueOf(text, "lookbook_decode_rejected_total{reason=\"unsupported_format\"}"), 2);
  EXPECT_EQ(ValueOf(text, "lookbook_decode_rejected_total{reason=\"other\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_request_body_bytes_sum"), 5000);
  EXPECT_EQ(ValueOf(text, "lookbook_image_pixels_sum"), 4096);
}

TEST(ServerMetricsTest, CallersCannotAddSeries) {
  ServerMetrics metrics({"default"});
  const std::string before = metrics.Scrape();
  metrics.ImageRejected("<script>", "surprise");
  metrics.DecodeWarning("surprise");
  metrics.SetThreads("surprise", 1);
  metrics.BundleLoaded("default", "surprise");
  metrics.RequestFinished(Method::kSearch, static_cast<absl::StatusCode>(99), 0);
  const std::string after = metrics.Scrape();
  EXPECT_EQ(std::count(before.begin(), before.end(), '\n'),
            std::count(after.begin(), after.end(), '\n'));
  EXPECT_FALSE(absl::StrContains(after, "surprise"));
}

TEST(ServerMetricsTest, BundlesReportLoadsAndTheLiveId) {
  ServerMetrics metrics({"default"});
  metrics.BundleLoaded("default", "checksum");
  metrics.BundleLoaded("default", "success");
  metrics.BundleActive("default", "id-1", "resnet50", "Flat");
  metrics.bundle("default").items.Set(8000);
  const std::string text = metrics.Scrape();
  EXPECT_EQ(ValueOf(text, "lookbook_bundle_loads_total{bundle=\"default\",result=\"checksum\"}"),
            1);
  EXPECT_EQ(ValueOf(text, "lookbook_bundle_loads_total{bundle=\"default\",result=\"success\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_bundle_items{bundle=\"default\"}"), 8000);
  EXPECT_EQ(ValueOf(text,
                    "lookbook_bundle_info{bundle=\"default\",bundle_id=\"id-1\","
                    "backbone=\"resnet50\",index=\"Flat\"}"),
            1);
}

TEST(ServerMetricsTest, HealthIsPerService) {
  ServerMetrics metrics({"default"});
  metrics.SetServing("", true);
  metrics.SetServing("liveness", true);
  const std::string text = metrics.Scrape();
  EXPECT_EQ(ValueOf(text, "lookbook_health_serving{service=\"\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_health_serving{service=\"liveness\"}"), 1);
  EXPECT_EQ(ValueOf(text, "lookbook_health_serving{service=\"lookbook.v1.SearchService\"}"), 0);
}

TEST(ServerMetricsTest, LatencyBoundsHoldTheObjective) {
  ServerMetrics metrics({"default"});
  const std::string text = metrics.Scrape();
  for (const char* bound : {"0.00025", "0.002", "0.25", "1.02"}) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat(
                          "lookbook_request_duration_seconds_bucket{method=\"Search\",le=\"", bound,
                          "\"}")));
  }
}

std::string HttpGet(int port, const std::string& path) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string request =
      absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(::write(descriptor, request.data(), request.size()),
            static_cast<ssize_t>(request.size()));
  std::string reply;
  char buffer[4096];
  for (ssize_t n; (n = ::read(descriptor, buffer, sizeof(buffer))) > 0;) reply.append(buffer, n);
  ::close(descriptor);
  return reply;
}

TEST(ServerMetricsTest, IsScrapedOverHttp) {
  ServerMetrics metrics({"default"});
  LB_ASSERT_OK_AND_ASSIGN(const int port, metrics.Expose("127.0.0.1:0"));
  metrics.Shed(ShedReason::kQueueFull);
  const std::string reply = HttpGet(port, "/metrics");
  EXPECT_TRUE(absl::StartsWith(reply, "HTTP/1.1 200 OK"));
  EXPECT_THAT(reply, HasSubstr("lookbook_shed_total{reason=\"queue_full\"} 1"));
  EXPECT_THAT(reply, HasSubstr("process_resident_memory_bytes"));
  EXPECT_TRUE(absl::StartsWith(HttpGet(port, "/other"), "HTTP/1.1 404"));
}

TEST(ServerMetricsTest, APortInUseIsNamed) {
  ServerMetrics first({"default"}), second({"default"});
  LB_ASSERT_OK_AND_ASSIGN(const int port, first.Expose("127.0.0.1:0"));
  const std::string address = absl::StrCat("127.0.0.1:", port);
  EXPECT_THAT(second.Expose(address), StatusIs(absl::StatusCode::kUnavailable, HasSubstr(address)));
}

TEST(ServerMetricsTest, AnAddressOfAnotherFormIsNamed) {
  for (const char* address : {"", "9464", ":9464", "127.0.0.1:", "127.0.0.1:70000",
                              "127.0.0.1:9464s", "127.0.0.1:1,127.0.0.1:2"}) {
    ServerMetrics metrics({"default"});
    EXPECT_THAT(metrics.Expose(address), StatusIs(absl::StatusCode::kInvalidArgument,
                                                  HasSubstr(absl::StrCat("\"", address, "\""))));
  }
}

TEST(ServerMetricsTest, ScrapesAndCallsRunAtOnce) {
  ServerMetrics metrics({"default"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        metrics.RequestStarted(Method::kSearch);
        metrics.RequestFinished(Method::kSearch, absl::StatusCode::kOk, 0.01);
      }
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 20; ++i)
      metrics.BundleActive("default", absl::StrCat("id-", i), "r", "Flat");
  });
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(metrics.Scrape().empty());
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ValueOf(metrics.Scrape(), "lookbook_requests_total{method=\"Search\",code=\"OK\"}"),
            1000);
}

}  // namespace
}  // namespace lookbook
