#include "base/background_log.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "base/logging.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

class BackgroundLogTest : public ::testing::Test {
 protected:
  BackgroundLogTest() {
    ::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(::pipe2(pipe_, O_CLOEXEC), 0);
  }
  ~BackgroundLogTest() override {
    CloseReader();
    CloseWriter();
  }

  void Start(BackgroundLogOptions options = {}) {
    options.descriptor = pipe_[1];
    auto log = BackgroundLog::Start(options);
    ASSERT_THAT(log, IsOk());
    log_ = *std::move(log);
  }

  // Leaves no room for one more line.
  void FillPipe() {
    ::fcntl(pipe_[1], F_SETFL, O_NONBLOCK);
    const std::string page(4096, '.');
    while (::write(pipe_[1], page.data(), page.size()) > 0) continue;
    ::fcntl(pipe_[1], F_SETFL, 0);
  }

  // All that was written; ends the writing side.
  std::string ReadAll() {
    CloseWriter();
    std::string text;
    char piece[4096];
    for (ssize_t n = 0; (n = ::read(pipe_[0], piece, sizeof(piece))) > 0;) text.append(piece, n);
    return text;
  }

  void CloseReader() { Close(&pipe_[0]); }
  void CloseWriter() { Close(&pipe_[1]); }
  static void Close(int* descriptor) {
    if (*descriptor >= 0) ::close(*descriptor);
    *descriptor = -1;
  }

  int pipe_[2] = {-1, -1};
  const int64_t dropped_before_ = DroppedLogLines();
  std::unique_ptr<BackgroundLog> log_;
};

TEST_F(BackgroundLogTest, ItsEndWritesEveryLineInOrder) {
  Start();
  for (int i = 0; i < 200; ++i) LogInfo("line", {{"i", i}});
  log_.reset();
  const std::string text = ReadAll();
  size_t at = 0;
  for (int i = 0; i < 200; ++i) {
    at = text.find(absl::StrCat("INFO line i=", i, "\n"), at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_EQ(DroppedLogLines(), dropped_before_);
}

TEST_F(BackgroundLogTest, APipeThatNobodyReadsCostsTheOldestLinesAndNobodysTime) {
  FillPipe();
  Start({.capacity = 8, .patience = absl::InfiniteDuration()});
  for (int i = 0; i < 1000; ++i) LogInfo("line", {{"i", i}});  // Would hang here.
  // Eight lines wait, and the writer holds one at most.
  EXPECT_GE(DroppedLogLines() - dropped_before_, 1000 - 9);
  std::string text(1 << 20, '\0');
  text.resize(::read(pipe_[0], text.data(), text.size()));
  log_.reset();
  text += ReadAll();
  EXPECT_THAT(text, HasSubstr("INFO line i=992\n"));
  EXPECT_THAT(text, HasSubstr("INFO line i=999\n"));
}

TEST_F(BackgroundLogTest, ItsEndDoesNotWaitForeverForAReader) {
  FillPipe();
  Start({.capacity = 8, .patience = absl::Milliseconds(10)});
  for (int i = 0; i < 8; ++i) LogInfo("line");
  log_.reset();  // Would hang here.
  EXPECT_EQ(DroppedLogLines() - dropped_before_, 8);
}

TEST_F(BackgroundLogTest, AReaderThatIsGoneCostsTheLines) {
  CloseReader();
  Start();
  for (int i = 0; i < 5; ++i) LogInfo("line");
  log_.reset();
  EXPECT_EQ(DroppedLogLines() - dropped_before_, 5);
}

TEST_F(BackgroundLogTest, ALongLineArrivesWhole) {
  const std::string long_text(30'000, 'x');
  Start();
  LogInfo(long_text);
  log_.reset();
  EXPECT_THAT(ReadAll(), HasSubstr(absl::StrCat(long_text, "\n")));
}

TEST_F(BackgroundLogTest, AfterItsEndThreadsWriteForThemselves) {
  Start();
  log_.reset();
  testing::internal::CaptureStderr();
  LogInfo("on its own");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("INFO on its own\n"));
  EXPECT_EQ(ReadAll(), "");
}

TEST_F(BackgroundLogTest, AQueueOfNothingIsRefused) {
  EXPECT_THAT(BackgroundLog::Start({.capacity = 0}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("capacity 0")));
}

}  // namespace
}  // namespace lookbook
