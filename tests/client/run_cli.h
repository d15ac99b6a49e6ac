// Runs the lookbook program as a shell would.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "tests/support/temp_dir.h"

namespace lookbook {

struct CliResult {
  int exit_code = -1;  // 128 + the signal's number when one ended it.
  std::string out;
  std::string err;
};

struct CliInput {
  std::string server = "127.0.0.1:1";  // LOOKBOOK_SERVER.
  std::string standard_input;
  std::vector<std::string> environment;  // More of it, "NAME=VALUE" each.
};

inline CliResult RunCli(std::vector<std::string> arguments, const CliInput& input = {}) {
  TempDir dir;
  const std::string in = dir / "in", out = dir / "out", err = dir / "err";
  EXPECT_TRUE(WriteFile(in, input.standard_input).ok());
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, in.c_str(), O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, 1, out.c_str(), O_WRONLY | O_CREAT, 0600);
  ::posix_spawn_file_actions_addopen(&files, 2, err.c_str(), O_WRONLY | O_CREAT, 0600);

  arguments.insert(arguments.begin(), "lookbook");
  std::vector<std::string> environment = {"LC_ALL=C.UTF-8", "LOOKBOOK_SERVER=" + input.server};
  environment.insert(environment.end(), input.environment.begin(), input.environment.end());
  const auto pointers = [](std::vector<std::string>& strings) {
    std::vector<char*> result;
    for (std::string& string : strings) result.push_back(string.data());
    result.push_back(nullptr);
    return result;
  };
  pid_t child = 0;
  EXPECT_EQ(::posix_spawn(&child, LOOKBOOK_CLI, &files, nullptr, pointers(arguments).data(),
                          pointers(environment).data()),
            0);
  ::posix_spawn_file_actions_destroy(&files);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          ReadFile(out).value_or(""), ReadFile(err).value_or("")};
}

}  // namespace lookbook
