// server.toml: reading, setting each option, checking them together, and printing what came of it.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "base/toml_depth.h"
#include "server/config/command_line.h"
#include "server/config/config_file.h"
#include "server/config/config_options.h"
#include "tests/fuzz/fuzz_target.h"

namespace lookbook {
namespace {

constexpr char kFile[] = "fuzz.toml";

// Stops at the first value that is refused.
absl::Status Apply(const std::vector<Setting>& settings, ServerConfig* config) {
  for (const Setting& setting : settings) {
    Require(absl::StartsWith(setting.source, "fuzz.toml:"), "a setting names its line");
    const ConfigOption* option = FindOption(setting.key);
    Require(option != nullptr, "a setting is of an option that there is");
    const absl::Status status = option->set(*config, setting.values);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

std::string Print(const ServerConfig& config) {
  CommandLine line;
  line.config = config;
  for (const ConfigOption& option : ConfigOptions()) line.sources[option.key] = "fuzz";
  return PrintConfig(line);
}

void RequireSameAgain(const ServerConfig& config) {
  const std::string printed = Print(config);
  // The keys of all options have dots, which may be too many beside very many in their texts.
  if (!CheckTomlDepth(printed, kFile).ok()) return;
  const absl::StatusOr<std::vector<Setting>> settings = ParseConfigFile(printed, kFile);
  if (!settings.ok())
    std::fprintf(stderr, "%s\n%s", settings.status().ToString().c_str(), printed.c_str());
  Require(settings.ok(), "what is printed can be read");
  ServerConfig again = DefaultServerConfig(1);
  Require(Apply(*settings, &again).ok(), "every printed value is in its range");
  Require(Print(again) == printed, "printing and reading change nothing");
}

void Check(absl::string_view toml) {
  const absl::StatusOr<std::vector<Setting>> settings = ParseConfigFile(toml, kFile);
  if (!settings.ok()) {
    RequireCode(settings.status(), absl::StatusCode::kInvalidArgument);
    return Require(absl::StartsWith(settings.status().message(), "fuzz.toml:"),
                   "a refusal names the place");
  }
  ServerConfig config = DefaultServerConfig(2);
  const absl::Status applied = Apply(*settings, &config);
  if (!applied.ok()) return RequireCode(applied, absl::StatusCode::kInvalidArgument);
  RequireSameAgain(config);
  const absl::Status valid = Validate(config);
  if (!valid.ok()) RequireCode(valid, absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace lookbook

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lookbook::Check(lookbook::AsText(data, size));
  return 0;
}
