// Every file of the table of bad inputs gets the answer that docs/api_images.md states, at no cost
// worth naming.
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/image/decode.h"
#include "tests/support/image_files.h"
#include "tests/support/limit_images.h"
#include "tests/support/status_matchers.h"
#include "tests/support/syscall_tracer.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A "VmHWM:"-like line of /proc/self/status, in kB; -1 when there is none.
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

TEST(BadImagesTest, EachGetsItsReason) {
  for (const BadImage& image : BadImages()) {
    SCOPED_TRACE(image.name);
    const auto decoded = DecodeImage(image.bytes, {});
    if (image.reason.empty()) {
      ASSERT_THAT(decoded, IsOk());
      EXPECT_EQ(decoded->image.rgb.size(),
                size_t{3} * decoded->image.width * decoded->image.height);
      if (image.warning.empty()) {
        EXPECT_THAT(decoded->warnings, IsEmpty());
      } else {
        EXPECT_THAT(decoded->warnings, ElementsAre(image.warning));
      }
    } else {
      EXPECT_THAT(decoded, StatusIs(absl::StatusCode::kInvalidArgument));
      EXPECT_THAT(decoded, HasReason(image.reason));
    }
  }
}

TEST(BadImagesTest, LimitsAreInclusive) {
  for (const BadImage& image : LimitImages()) {
    SCOPED_TRACE(image.name);
    // As a server decodes for a model of 16 pixels: large JPEGs scaled down.
    const auto decoded = DecodeImage(image.bytes, {.min_short_side = 32});
    if (image.reason.empty()) {
      EXPECT_THAT(decoded, IsOk());
    } else {
      EXPECT_THAT(decoded, HasReason(image.reason));
    }
  }
}

// What names other files opens none: no decoder of such formats is there.
TEST(BadImagesTest, FormatsThatAreRefusedOpenNoFile) {
  if (!CanTrace()) GTEST_SKIP() << "ptrace is not allowed here";
  std::vector<BadImage> foreign;
  for (BadImage& image : BadImages()) {
    if (image.reason == "unsupported_format") foreign.push_back(std::move(image));
  }
  ASSERT_GT(foreign.size(), 15u);
  DecodeImage(foreign[0].bytes, {}).IgnoreError();
  LB_ASSERT_OK_AND_ASSIGN(const TraceResult result, RunTraced("", {}, [&] {
                            int refused = 0;
                            for (const BadImage& image : foreign)
                              refused += DecodeImage(image.bytes, {}).ok() ? 0 : 1;
                            return refused;
                          }));
  EXPECT_EQ(result.exit_code, static_cast<int>(foreign.size()));
  for (const TracedCall& call : result.calls) {
    EXPECT_TRUE(call.name != "open" && call.name != "openat") << call.path;
  }
}

TEST(BadImagesTest, TheHeaderCheckNeverRefusesWhatDecodes) {
  for (const BadImage& image : BadImages()) {
    SCOPED_TRACE(image.name);
    const auto header = ParseImageHeader(image.bytes, {});
    if (image.reason.empty()) {
      EXPECT_THAT(header, IsOk());
    } else if (!header.ok()) {
      EXPECT_THAT(header, HasReason(image.reason));
    }
  }
}

TEST(BadImagesTest, NoneTakesMuchMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps memory of its own";
#endif
  if (!ForgetPeakMemory()) GTEST_SKIP() << "/proc/self/clear_refs cannot be written";
  constexpr int64_t kAllowed = 64 << 10;
  for (const BadImage& image : BadImages()) {
    ForgetPeakMemory();
    const int64_t before = ProcessMemory("VmRSS:");
    ASSERT_GT(before, 0);
    const bool decodes = DecodeImage(image.bytes, {}).ok();
    EXPECT_EQ(decodes, image.reason.empty()) << image.name;
    EXPECT_LT(ProcessMemory("VmHWM:") - before, kAllowed) << image.name;
  }
}

}  // namespace
}  // namespace lookbook
