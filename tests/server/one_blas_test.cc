// FAISS and OpenCV both multiply matrices by names such as sgemm_, and two libraries of a server
// have them: LibTorch's MKL, and the BLAS that Debian's OpenCV brings. Whoever binds first serves
// both.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "server/server.h"
#include "tests/support/status_matchers.h"

// FAISS's declarations of them.
extern "C" {
int sgemm_(const char*, const char*, long*, long*, long*, const float*, const float*, long*,
           const float*, long*, const float*, float*, long*);
int sgetrf_(long*, long*, float*, long*, long*, long*);
}

namespace lookbook {
namespace {

using ::testing::EndsWith;

// The library whose code is at `function`.
template <typename Function>
std::string LibraryOf(Function* function) {
  Dl_info info = {};
  EXPECT_NE(::dladdr(reinterpret_cast<void*>(function), &info), 0);
  return info.dli_fname == nullptr ? "" : info.dli_fname;
}

// Keeps the server's libraries, and so OpenCV's, linked where the linker drops what nobody needs.
TEST(OneBlasTest, TheServerIsLinked) {
  ServerConfig config;
  config.listen.data = "127.0.0.1:0";
  config.listen.admin = "off";
  config.metrics.listen = "off";
  config.bundles = {{"default", "/nowhere"}};
  config.batch.queue_capacity = 1;
  EXPECT_THAT(Server::Listen(config), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(OneBlasTest, FaissMultipliesByLibTorch) {
  EXPECT_THAT(LibraryOf(&sgemm_), EndsWith("/libtorch_cpu.so"));
  EXPECT_THAT(LibraryOf(&sgetrf_), EndsWith("/libtorch_cpu.so"));
}

// What is looked up by name, in the order in which the process's libraries are searched.
TEST(OneBlasTest, EveryLibraryFindsLibTorchsFirst) {
  for (const char* name : {"sgemm_", "sgetrf_"}) {
    void* const function = ::dlsym(RTLD_DEFAULT, name);
    ASSERT_NE(function, nullptr) << name;
    EXPECT_THAT(LibraryOf(function), EndsWith("/libtorch_cpu.so")) << name;
  }
}

// The test means something: another BLAS is in the process.
TEST(OneBlasTest, OpenCvBringsAnotherOne) {
  void* const other = ::dlopen("libblas.so.3", RTLD_LAZY | RTLD_NOLOAD);
  ASSERT_NE(other, nullptr);
  EXPECT_NE(::dlsym(other, "sgemm_"), ::dlsym(RTLD_DEFAULT, "sgemm_"));
  ::dlclose(other);
}

}  // namespace
}  // namespace lookbook
