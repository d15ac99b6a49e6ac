// 112 bad images over gRPC: each gets the status of docs/api_images.md, costs little, and the
// server goes on.
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/server_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

double CpuSeconds() {
  struct rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
         1e-6 * (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// A "VmHWM:"-like line of /proc/self/status, in kB; -1 when there is none. Client and server are one
// process here.
int64_t ProcessMemory(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    int64_t kilobytes = -1;
    if (word == key && status >> kilobytes) return kilobytes;
  }
  return -1;
}

// False where the kernel does not let the peak be forgotten.
bool ForgetPeakMemory() {
  std::ofstream clear("/proc/self/clear_refs");
  clear << "5" << std::flush;
  return clear.good();
}

class BadImagesTest : public ServerFixture {
 protected:
  BadImagesTest() { Start(); }

  // How far memory rises above where it is while `request` is answered, in kB.
  int64_t Growth(const v1::SearchRequest& request) {
    ForgetPeakMemory();
    const int64_t before = ProcessMemory("VmRSS:");
    EXPECT_GT(before, 0);
    Search(request);
    return ProcessMemory("VmHWM:") - before;
  }
};

TEST_F(BadImagesTest, EachGetsItsReasonAndTheServerGoesOn) {
  const std::vector<BadImage> images = BadImages();
  ASSERT_GE(images.size(), 110u);
  for (const BadImage& image : images) {
    const double cpu_before = CpuSeconds();
    v1::SearchResponse response;
    const grpc::Status status = Search(ImageRequest(image.bytes), &response);
    if (image.reason.empty()) {
      EXPECT_TRUE(status.ok()) << image.name << ": " << status.error_message();
      const bool warned = response.warnings_size() == 1 && response.warnings(0) == image.warning;
      EXPECT_EQ(warned, !image.warning.empty()) << image.name;
    } else {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << image.name;
      EXPECT_EQ(ReasonIn(status), image.reason) << image.name << ": " << status.error_message();
    }
    EXPECT_LT(CpuSeconds() - cpu_before, 0.1) << image.name;
  }
  EXPECT_TRUE(Search(ItemRequest("item-1")).ok());
}

TEST_F(BadImagesTest, NoneTakesMuchMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps memory of its own";
#endif
  if (!ForgetPeakMemory()) GTEST_SKIP() << "/proc/self/clear_refs cannot be written";
  constexpr int64_t kAllowed = 64 << 10;
  for (const BadImage& image : BadImages()) {
    // The message stands in memory on both sides, in the request and on its way through gRPC: that
    // is the transport's cost, known from bytes of the same number that are no image.
    const v1::SearchRequest no_image = ImageRequest(std::string(image.bytes.size(), 'x'));
    const v1::SearchRequest request = ImageRequest(image.bytes);
    const int64_t transport = Growth(no_image);
    const int64_t growth = Growth(request);
    EXPECT_LT(growth - std::max(transport, int64_t{0}), kAllowed) << image.name;
  }
}

TEST_F(BadImagesTest, EachRefusalAndEachWarningIsCounted) {
  std::map<std::string, int> series;
  for (const BadImage& image : BadImages()) {
    Search(ImageRequest(image.bytes));
    if (!image.reason.empty())
      ++series[absl::StrCat("lookbook_decode_rejected_total{reason=\"", image.reason, "\"} ")];
    if (!image.warning.empty())
      ++series[absl::StrCat("lookbook_decode_warnings_total{kind=\"", image.warning, "\"} ")];
  }
  EXPECT_GE(series.size(), 12u);
  const std::string scrape = server_->metrics().Scrape();
  for (const auto& [name, count] : series) {
    EXPECT_TRUE(absl::StrContains(scrape, absl::StrCat(name, count, "\n"))) << name << count;
  }
}

}  // namespace
}  // namespace lookbook
