// Flags, environment, file and defaults -> one configuration that says where each value came from.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/config/config_file.h"
#include "server/config/server_config.h"

namespace lookbook {

// Null when the variable is not set.
using GetEnvironment = std::function<const char*(const char* name)>;

struct CommandLine {
  ServerConfig config;
  // Option key -> "default", "deploy/server.toml:12", "LOOKBOOK_BATCH_MAX_SIZE" or
  // "--batch.max-size".
  std::map<std::string, std::string> sources;
  // What --help, --version or --print-config asked to print; empty = serve.
  std::string print;
  // Of --check-bundle: the folder to check instead of serving. Then `config` needs no bundles.
  std::string check_bundle;
};

// `args` without the program's name. A flag beats the environment, which beats the file (--config
// or LOOKBOOK_CONFIG), which beats the default. An empty environment variable counts as not set.
//
// InvalidArgument or NotFound: one line that names the flag, variable or file line and the value.
absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& args,
                                             const GetEnvironment& environment, int cores);

// The effective values as a TOML file that can be used again, each with its source in a comment.
std::string PrintConfig(const CommandLine& line);

}  // namespace lookbook
