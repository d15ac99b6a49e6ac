// The program itself: signals and exit codes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace lookbook {
namespace {

using ::testing::HasSubstr;

// lookbook-train with its standard error readable.
class Program {
 public:
  explicit Program(const std::vector<std::string>& arguments) {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    process_ = ::fork();
    if (process_ == 0) {
      std::vector<char*> argv = {const_cast<char*>(LOOKBOOK_TRAIN)};
      for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));
      argv.push_back(nullptr);
      ::dup2(ends[1], STDERR_FILENO);
      ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
      ::close(ends[0]);
      ::execv(LOOKBOOK_TRAIN, argv.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    error_ = ::fdopen(ends[0], "r");
  }
  ~Program() { std::fclose(error_); }

  // Reads until a line holds `text`; false at the end of the output.
  bool WaitForLine(const std::string& text) {
    char line[4096];
    while (std::fgets(line, sizeof(line), error_) != nullptr) {
      absl::StrAppend(&seen_, line);
      if (absl::StrContains(line, text)) return true;
    }
    return false;
  }
  std::string Environment() {
    // Null bytes stand between the variables.
    std::string path = absl::StrCat("/proc/", process_, "/environ"), out;
    FILE* file = std::fopen(path.c_str(), "r");
    for (int c = 0; file != nullptr && (c = std::fgetc(file)) != EOF;)
      out += c == 0 ? '\n' : static_cast<char>(c);
    if (file != nullptr) std::fclose(file);
    return out;
  }
  void Interrupt() { ::kill(process_, SIGINT); }
  int ExitCode() {
    WaitForLine("\1 no line holds this");
    int status = 0;
    ::waitpid(process_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  const std::string& seen() const { return seen_; }

 private:
  pid_t process_ = 0;
  FILE* error_ = nullptr;
  std::string seen_;
};

TEST(TrainerMainTest, InterruptedRunExitsWith130AndTheSameCommandGoesOn) {
  TempDir dir;
  Program synth({"synth", "--out", dir / "data", "--tiny"});
  ASSERT_EQ(synth.ExitCode(), 0) << synth.seen();
  const std::string recipe = R"(name = "long"
[data]
split = "all"
image_size = 32
[[stage]]
name = "all"
steps = STEPS
batch_size = 40
)";
  const std::vector<std::string> command = {"run",        "--recipe", dir / "long.toml", "--data",
                                            dir / "data", "--out",    dir / "work"};
  ASSERT_THAT(WriteFile(dir / "long.toml", absl::StrCat(recipe.substr(0, recipe.find("STEPS")), 150,
                                                        recipe.substr(recipe.find("STEPS") + 5))),
              IsOk());
  Program first(command);
  ASSERT_TRUE(first.WaitForLine("train sample: mAP")) << first.seen();  // The first epoch is over.
  EXPECT_THAT(first.Environment(), HasSubstr("OMP_WAIT_POLICY=passive"))
      << "numeric threads must not spin";
  first.Interrupt();
  EXPECT_EQ(first.ExitCode(), 130) << first.seen();
  EXPECT_THAT(first.seen(), HasSubstr("--resume goes on from it"));
  EXPECT_TRUE(PathExists(dir / "work/train/checkpoint.pt"));
  EXPECT_FALSE(PathExists(dir / "work/train/weights.pt"));

  std::vector<std::string> again = command;
  again.push_back("--resume");
  Program second(again);
  EXPECT_EQ(second.ExitCode(), 0) << second.seen();
  EXPECT_THAT(ReadFile(dir / "work/bundles/CURRENT"), IsOk());
}

TEST(TrainerMainTest, WrongFlagsExitWithTwo) {
  Program program({"run", "--no-such-flag"});
  EXPECT_EQ(program.ExitCode(), 2);
}

}  // namespace
}  // namespace lookbook
