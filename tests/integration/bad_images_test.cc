// About 120 bad images over gRPC: each gets the status of docs/api_images.md, costs little, and the
// server goes on.
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/match.h"
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

// The most memory that this process, client and server in one, has ever held.
int64_t PeakBytes() {
  struct rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

class BadImagesTest : public ServerFixture {
 protected:
  BadImagesTest() { Start(); }
};

TEST_F(BadImagesTest, EachGetsItsReasonAndTheServerGoesOn) {
  const std::vector<BadImage> images = BadImages();
  ASSERT_GT(images.size(), 100u);
  size_t largest = 0;
  for (const BadImage& image : images) largest = std::max(largest, image.bytes.size());
  // What sending a message of this size costs at all, on both sides, is not the image's doing.
  Search(ImageRequest(std::string(largest, 'x')));
  const int64_t peak_before = PeakBytes();
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
  EXPECT_LT(PeakBytes() - peak_before, int64_t{64} << 20);
  EXPECT_TRUE(Search(ItemRequest("item-1")).ok());
}

TEST_F(BadImagesTest, RefusalsAreCounted) {
  ASSERT_EQ(ReasonIn(Search(ImageRequest("GIF89a and so on"))), "unsupported_format");
  EXPECT_TRUE(absl::StrContains(server_->metrics().Scrape(),
                                "lookbook_decode_rejected_total{reason=\"unsupported_format\"} 1"));
}

}  // namespace
}  // namespace lookbook
