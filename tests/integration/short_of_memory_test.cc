// lookbook-server when the system gives it no more memory: the call that wants it is refused, and
// the others are served.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lookbook/v1/search.grpc.pb.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/image_files.h"
#include "tests/support/program_run.h"
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
    server_ = std::make_unique<ProgramRun>(
        LOOKBOOK_SERVER,
        std::vector<std::string>{"--bundles", "default=" + directory_ / "bundles", "--listen.data",
                                 "127.0.0.1:0", "--listen.admin", "off", "--metrics.listen", "off",
                                 "--log.level", "error", "--deadlines.lame-duck", "0",
                                 "--deadlines.max-deadline", "2m"},
        directory_ / "log");
    int port = 0;
    ASSERT_EQ(std::sscanf(server_->ReadLine().c_str(), "serving on 127.0.0.1:%d", &port), 1)
        << server_->Errors();
    search_ = v1::SearchService::NewStub(ChannelTo(port));
  }

  grpc::Status Search(const std::string& image) {
    grpc::ClientContext context;
    v1::SearchRequest request;
    v1::SearchResponse response;
    request.set_image(image);
    return search_->Search(&context, request, &response);
  }
  void ExpectGood() {
    const grpc::Status status = Search(TestImageFile(1, 16));
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  rlim_t AddressSpace() const {
    std::ifstream status(absl::StrCat("/proc/", server_->pid(), "/status"));
    for (std::string word; status >> word;) {
      rlim_t kilobytes = 0;
      if (word == "VmSize:" && status >> kilobytes) return kilobytes << 10;
    }
    ADD_FAILURE() << "no VmSize";
    return RLIM_INFINITY;
  }
  void LimitTo(rlim_t bytes) {
    const rlimit limit = {bytes, RLIM_INFINITY};
    ASSERT_EQ(::prlimit(server_->pid(), RLIMIT_AS, &limit, nullptr), 0);
  }

  TempDir directory_;
  std::unique_ptr<ProgramRun> server_;
  std::unique_ptr<v1::SearchService::Stub> search_;
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
  server_->Signal(SIGTERM);
  EXPECT_EQ(server_->Wait(), 0);
}

}  // namespace
}  // namespace lookbook
