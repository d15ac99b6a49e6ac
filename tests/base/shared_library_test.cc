#include "base/shared_library.h"

#include <zlib.h>

#include "base/files.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

TEST(SharedLibraryTest, OpensALibraryAndCallsIt) {
  // Any library that is on the machine will do; the file of one that runs already is at hand.
  LB_ASSERT_OK_AND_ASSIGN(const std::string path,
                          FileOfAddress(reinterpret_cast<const void*>(&::zlibVersion)));
  LB_ASSERT_OK_AND_ASSIGN(void* library, OpenSharedLibrary(path, SymbolScope::kOwn));
  LB_ASSERT_OK_AND_ASSIGN(void* symbol, FindSymbol(library, path, "zlibVersion"));
  EXPECT_STREQ(reinterpret_cast<const char* (*)()>(symbol)(), ::zlibVersion());
  EXPECT_THAT(FindSymbol(library, path, "no_such_name"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no_such_name")));
}

TEST(SharedLibraryTest, SaysWhatCannotBeOpened) {
  EXPECT_THAT(OpenSharedLibrary("/nowhere/lib.so", SymbolScope::kOwn),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere/lib.so")));
  const std::string path = JoinPath(testing::TempDir(), "no_library.so");
  ASSERT_TRUE(WriteFile(path, "this is text").ok());
  EXPECT_THAT(OpenSharedLibrary(path, SymbolScope::kShared),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no_library.so")));
}

TEST(SharedLibraryTest, AnAddressOfNobodyIsNotFound) {
  const int on_the_stack = 0;
  EXPECT_THAT(FileOfAddress(&on_the_stack), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace lookbook
