// lookbook-server when the system gives it no more memory: the call that wants it is refused, and
// the others are served.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/real_server.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle.h"

namespace lookbook {
namespace {

constexpr rlim_t kRoom = 96 << 20;  // For threads and buffers, not for the large picture.

// A legal picture of 49 million pixels, 147 MB decoded, in a file of 6 kB.
std::string LargePng() {
  constexpr uint32_t kSide = 7000;
  return PngSignature() + PngIhdr(kSide, kSide, 1, PngColor::kGrey) +
         PngChunk("IDAT", DeflateZeros(kSide * (1 + (kSide + 7) / 8))) + PngChunk("IEND", "");
}

class ShortOfMemoryTest : public ::testing::Test {
 protected:
  void Start() {
    ASSERT_THAT(WriteTestBundle(directory_ / "bundles"), IsOk());
    LB_ASSERT_OK_AND_ASSIGN(server_,
                            RealServer::Start(LOOKBOOK_SERVER, directory_ / "bundles",
                                              {"--log.level", "error", "--deadlines.lame-duck", "0",
                                               "--deadlines.max-deadline", "2m"},
                                              directory_ / "log"));
  }

  grpc::Status Search(const std::string& image) {
    v1::SearchResponse response;
    return server_->Search(image, &response);
  }
  void ExpectGood() {
    const grpc::Status status = Search(TestImageFile(1, 16));
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  rlim_t AddressSpace() const {
    std::ifstream status(absl::StrCat("/proc/", server_->process().pid(), "/status"));
    for (std::string word; status >> word;) {
      rlim_t kilobytes = 0;
      if (word == "VmSize:" && status >> kilobytes) return kilobytes << 10;
    }
    ADD_FAILURE() << "no VmSize";
    return RLIM_INFINITY;
  }
  void LimitTo(rlim_t bytes) {
    const rlimit limit = {bytes, RLIM_INFINITY};
    ASSERT_EQ(::prlimit(server_->process().pid(), RLIMIT_AS, &limit, nullptr), 0);
  }

  TempDir directory_;
  std::unique_ptr<RealServer> server_;
};

TEST_F(ShortOfMemoryTest, TheCallThatWantsItIsRefusedAndTheServerGoesOn) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer takes the address space for itself";
#endif
  Start();
  ExpectGood();
  const std::string large = LargePng();
  LimitTo(AddressSpace() + kRoom);
  for (int i = 0; i < 3; ++i) {
    const grpc::Status status = Search(large);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
    EXPECT_EQ(ReasonIn(status), "memory");
    ExpectGood();
  }
  LimitTo(RLIM_INFINITY);
  const grpc::Status status = Search(large);
  EXPECT_TRUE(status.ok()) << "the picture is a legal one: " << status.error_message();
  server_->process().Signal(SIGTERM);
  EXPECT_EQ(server_->process().Wait(), 0);
}

}  // namespace
}  // namespace lookbook
