// lookbook-server as a process: exit codes, messages, signals.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "tests/server/transport/service_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_bundle.h"

namespace lookbook {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// One run of the program. Ends it when the test forgets to.
class Process {
 public:
  // `errors`: the descriptor that becomes its standard error; -1 = a file, for Errors().
  Process(std::vector<std::string> arguments, const TempDir& directory, int errors = -1)
      : errors_path_(directory / "stderr.txt") {
    arguments.insert(arguments.begin(), LOOKBOOK_SERVER);
    int out[2];
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], 1);
      ::dup2(
          errors >= 0 ? errors : ::open(errors_path_.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600),
          2);
      std::vector<char*> argv;
      for (std::string& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      ::execv(LOOKBOOK_SERVER, argv.data());
      ::_exit(99);
    }
    ::close(out[1]);
    out_ = out[0];
  }
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      Wait();
    }
    ::close(out_);
  }

  // The first line of standard output, without its end; empty when the program ended first.
  std::string ReadLine() {
    std::string line;
    for (char c = 0; ::read(out_, &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  void Signal(int number) const { ::kill(pid_, number); }
  pid_t pid() const { return pid_; }

  // The exit code, or 1000 + the signal that ended it.
  int Wait() {
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }
  std::string Errors() const { return *ReadFile(errors_path_); }

 private:
  const std::string errors_path_;
  pid_t pid_ = -1;
  int out_ = -1;
};

class ServerMainTest : public ::testing::Test {
 protected:
  // With `more` behind a bundle and free ports.
  std::unique_ptr<Process> Start(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {
        "--listen.data", "127.0.0.1:0", "--metrics.listen",
        "127.0.0.1:0",   "--bundles",   absl::StrCat("default=", directory_ / "bundles"),
        "--log.level",   "error"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return std::make_unique<Process>(arguments, directory_);
  }

  TempDir directory_;
  absl::StatusOr<TestBundle> bundle_ = WriteTestBundle(directory_ / "bundles");
};

TEST_F(ServerMainTest, ServesUntilATermSignalAndEndsWithZero) {
  ASSERT_THAT(bundle_, IsOk());
  const auto process = Start({"--deadlines.lame-duck", "0"});
  EXPECT_THAT(process->ReadLine(),
              MatchesRegex(absl::StrCat(
                  "serving on 127.0.0.1:[0-9]+, metrics on 127.0.0.1:[0-9]+: default=", bundle_->id,
                  " .40 items.")));
  process->Signal(SIGTERM);
  EXPECT_EQ(process->Wait(), 0);
  EXPECT_EQ(process->Errors(), "");
}

TEST_F(ServerMainTest, ALogThatNobodyReadsStopsNeitherAnswersNorTheEnd) {
  ASSERT_THAT(bundle_, IsOk());
  int full[2];
  ASSERT_EQ(::pipe2(full, O_CLOEXEC), 0);
  ::fcntl(full[1], F_SETFL, O_NONBLOCK);
  const std::string page(4096, '.');
  while (::write(full[1], page.data(), page.size()) > 0) continue;
  ::fcntl(full[1], F_SETFL, 0);
  Process process({"--listen.data", "127.0.0.1:0", "--metrics.listen", "off", "--bundles",
                   absl::StrCat("default=", directory_ / "bundles"), "--log.level", "info",
                   "--log.requests-per-second", "100000", "--deadlines.lame-duck", "0"},
                  directory_, full[1]);
  int port = 0;
  ASSERT_EQ(std::sscanf(process.ReadLine().c_str(), "serving on 127.0.0.1:%d", &port), 1);
  const auto stub = v1::CatalogService::NewStub(ChannelTo(port));
  for (int i = 0; i < 3000; ++i) {  // More lines than may wait.
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::ListClassesResponse response;
    const grpc::Status status = stub->ListClasses(&context, {}, &response);
    ASSERT_TRUE(status.ok()) << i << ": " << status.error_message();
  }
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0);
  ::close(full[0]);
  ::close(full[1]);
}

TEST_F(ServerMainTest, ASecondSignalEndsItAtOnce) {
  const auto process = Start({"--deadlines.lame-duck", "1h"});
  ASSERT_NE(process->ReadLine(), "");
  process->Signal(SIGTERM);
  process->Signal(SIGINT);
  const int code = process->Wait();
  EXPECT_TRUE(code == 128 + SIGINT || code == 128 + SIGTERM) << code;
}

TEST_F(ServerMainTest, IdleMathThreadsSleep) {
  const auto process = Start();
  ASSERT_NE(process->ReadLine(), "");
  const int descriptor =
      ::open(absl::StrCat("/proc/", process->pid(), "/environ").c_str(), O_RDONLY);
  std::string environment(1 << 16, '\0');
  environment.resize(
      std::max<ssize_t>(0, ::read(descriptor, environment.data(), environment.size())));
  ::close(descriptor);
  EXPECT_THAT(environment, AllOf(HasSubstr("OMP_WAIT_POLICY="), HasSubstr("OMP_NUM_THREADS=")));
}

TEST_F(ServerMainTest, AWrongConfigurationIsOneLineAndTwo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--batch.max-size", "64", "--batch.queue-capacity", "8"},
       "batch.queue_capacity 8 is below batch.max_size 64"},
      {{"--no-such-flag"}, "--no-such-flag"},
      {{"--config", "/no/such.toml"}, "/no/such.toml"},
      {{"--device", "tpu"}, "tpu"},
      {{"--listen.data", "192.0.2.1:1"}, "192.0.2.1:1"},
  };
  for (const auto& [arguments, message] : cases) {
    std::vector<std::string> more = arguments;
    if (arguments[0] == "--listen.data") {
      // The flag may be given once.
      Process process({"--bundles", "default=/x", "--metrics.listen", "off", "--log.level", "error",
                       "--listen.data", arguments[1]},
                      directory_);
      EXPECT_EQ(process.Wait(), 2);
      EXPECT_THAT(process.Errors(), HasSubstr(message));
      continue;
    }
    const auto process = Start(more);
    EXPECT_EQ(process->Wait(), 2) << message;
    const std::string errors = process->Errors();
    EXPECT_THAT(errors, HasSubstr(message));
    EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
  }
}

TEST_F(ServerMainTest, APortInUseIsOneLineAndTwo) {
  HealthService health;
  const auto taken = GrpcServer::Listen({}, {&health});
  ASSERT_THAT(taken, IsOk());
  const std::string address = absl::StrCat("127.0.0.1:", (*taken)->port());
  Process process({"--bundles", "default=/x", "--metrics.listen", "off", "--log.level", "error",
                   "--listen.data", address},
                  directory_);
  EXPECT_EQ(process.Wait(), 2);
  const std::string errors = process.Errors();
  EXPECT_THAT(errors, HasSubstr(address));
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
}

TEST_F(ServerMainTest, ABundleThatFailsACheckIsNamedAndOne) {
  ASSERT_THAT(bundle_, IsOk());
  const std::string model = JoinPath(bundle_->directory, kModelFile);
  std::string bytes = *ReadFile(model);
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_THAT(WriteFile(model, bytes), IsOk());
  const auto process = Start();
  EXPECT_EQ(process->Wait(), 1);
  EXPECT_THAT(process->Errors(), AllOf(HasSubstr("bundle default in "), HasSubstr("model.ts"),
                                       HasSubstr("(check: checksum)")));
  EXPECT_EQ(process->ReadLine(), "") << "it never said that it serves";
}

TEST_F(ServerMainTest, PrintsItsConfigurationAndItsVersion) {
  const auto config = Start({"--print-config"});
  EXPECT_THAT(config->ReadLine(), MatchesRegex("listen.data = \"127.0.0.1:0\" +# --listen.data"));
  EXPECT_EQ(config->Wait(), 0);
  const auto version = Start({"--version"});
  EXPECT_THAT(version->ReadLine(), MatchesRegex("lookbook-server [0-9.]+ .*"));
  EXPECT_EQ(version->Wait(), 0);
}

}  // namespace
}  // namespace lookbook
