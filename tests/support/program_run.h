// A program as a process of its own: its first line, signals, exit code, what it says of errors.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "base/files.h"

namespace lookbook {

// One run. Ends it when the test forgets to.
class ProgramRun {
 public:
  // Standard error goes into the file `errors_path` or, unless it is negative, to the descriptor
  // `errors`.
  ProgramRun(const std::string& program, std::vector<std::string> arguments,
             std::string errors_path, int errors = -1)
      : errors_path_(std::move(errors_path)) {
    arguments.insert(arguments.begin(), program);
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
      ::execv(argv[0], argv.data());
      ::_exit(99);
    }
    ::close(out[1]);
    out_ = out[0];
  }
  ~ProgramRun() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      Wait();
    }
    ::close(out_);
  }

  ProgramRun(const ProgramRun&) = delete;
  ProgramRun& operator=(const ProgramRun&) = delete;

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

}  // namespace lookbook
