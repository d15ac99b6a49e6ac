#include "server/config/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/files.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "server/config/config_options.h"

namespace lookbook {
namespace {

constexpr char kFooter[] =
    "Examples:\n"
    "  lookbook-server --bundles default=/srv/lookbook/bundles\n"
    "  lookbook-server --config deploy/server.toml --log.format json\n"
    "  lookbook-server --config deploy/server.toml --print-config\n"
    "  lookbook-server --check-bundle /srv/lookbook/bundles\n"
    "  lookbook-server --bundles default=/srv/lookbook/bundles --require-signature "
    "release.pub.pem\n"
    "\n"
    "Every option is also a key of the TOML file (batch.max_size) and an environment variable\n"
    "(LOOKBOOK_BATCH_MAX_SIZE). Flags beat the environment, which beats the file.\n"
    "Exit codes: 0 stopped by a signal, or the bundle is good; 1 a bundle did not load;\n"
    "2 the configuration is wrong; 3 the device is lost; 4 a thread hangs; 5 it takes too much\n"
    "memory.";

// What the flags say, before anything is interpreted.
struct Flags {
  std::string config_path;
  bool print_config = false;
  bool watch = false;
  std::string check_bundle;
  std::map<std::string, std::vector<std::string>> values;  // By option key.
  std::string print;                                       // --help or --version.
};

// A script's variable that is not set must not turn these off: that takes a file of configuration.
bool IsGuard(absl::string_view key) {
  return absl::StartsWith(key, "tls.") || absl::StartsWith(key, "auth.") ||
         absl::StartsWith(key, "signature.");
}

absl::Status NoFileError(absl::string_view flag) {
  return absl::InvalidArgumentError(absl::StrCat(flag, ": no file"));
}

absl::StatusOr<Flags> ParseFlags(const std::vector<std::string>& args) {
  Flags flags;
  CLI::App app("Serves nearest-neighbour search over bundles by gRPC.", "lookbook-server");
  app.footer(kFooter);
  app.set_version_flag("--version", absl::StrCat("lookbook-server ", std::string(Version()), " (",
                                                 std::string(GitCommit()), ")"));
  app.add_option("--config", flags.config_path, "TOML file to read (LOOKBOOK_CONFIG)");
  app.add_flag("--print-config", flags.print_config,
               "print the effective values and where each came from, then exit");
  app.add_option("--check-bundle", flags.check_bundle,
                 "check a bundle, or what CURRENT of a bundle root names, as a server would before "
                 "it loads it; print one line and exit")
      ->type_name("DIR");
  app.add_flag("--watch", flags.watch, "the same as --lifecycle.watch true");
  std::string public_keys;
  const CLI::Option* require_signature =
      app.add_option("--require-signature", public_keys, "the same as --signature.public-keys")
          ->type_name("FILE");
  std::map<std::string, std::vector<std::string>> given;
  for (const ConfigOption& option : ConfigOptions()) {
    CLI::Option* flag = app.add_option(option.Flag(), given[option.key],
                                       absl::StrCat(option.help, " (", option.Environment(), ")"));
    flag->type_name(option.kind == OptionKind::kBundles ? "NAME=PATH" : "VALUE");
    if (option.kind == OptionKind::kBundles) {
      flag->allow_extra_args(false);
    } else {
      flag->expected(1);
    }
  }
  std::vector<std::string> reversed(args.rbegin(), args.rend());  // As CLI11 wants them.
  try {
    app.parse(reversed);
  } catch (const CLI::CallForVersion&) {
    flags.print = absl::StrCat(app.version(), "\n");
  } catch (const CLI::CallForHelp&) {
    flags.print = app.help();
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(error.what());
  }
  for (auto& [key, values] : given) {
    if (values.empty()) continue;
    if (IsGuard(key) && values.front().empty()) return NoFileError(FindOption(key)->Flag());
    flags.values[key] = std::move(values);
  }
  if (flags.watch) flags.values.insert({"lifecycle.watch", {"true"}});
  if (require_signature->count() > 0) {
    if (public_keys.empty()) return NoFileError("--require-signature");
    flags.values["signature.public_keys"] = {public_keys};
  }
  return flags;
}

absl::Status Apply(const Setting& setting, CommandLine& line) {
  const absl::Status status = FindOption(setting.key)->set(line.config, setting.values);
  if (!status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(setting.source, ": ", status.message()));
  }
  line.sources[setting.key] = setting.source;
  return absl::OkStatus();
}

absl::Status ApplyFile(const std::string& path, CommandLine& line) {
  constexpr uint64_t kMaxBytes = 1 << 20;
  absl::StatusOr<std::string> text = ReadFile(path, kMaxBytes);
  if (!text.ok()) return text.status();
  LB_ASSIGN_OR_RETURN(const std::vector<Setting> settings, ParseConfigFile(*text, path));
  for (const Setting& setting : settings) LB_RETURN_IF_ERROR(Apply(setting, line));
  return absl::OkStatus();
}

std::string Lookup(const GetEnvironment& environment, const std::string& name) {
  const char* value = environment(name.c_str());
  return value == nullptr ? "" : value;
}

absl::Status ApplyEnvironment(const GetEnvironment& environment, CommandLine& line) {
  for (const ConfigOption& option : ConfigOptions()) {
    const std::string name = option.Environment();
    const std::string value = Lookup(environment, name);
    if (value.empty()) continue;
    Setting setting{option.key, {value}, name};
    if (option.kind == OptionKind::kBundles) setting.values = absl::StrSplit(value, ',');
    LB_RETURN_IF_ERROR(Apply(setting, line));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& args,
                                             const GetEnvironment& environment, int cores) {
  LB_ASSIGN_OR_RETURN(Flags flags, ParseFlags(args));
  CommandLine line;
  line.config = DefaultServerConfig(cores);
  line.print = flags.print;
  if (!line.print.empty()) return line;

  for (const ConfigOption& option : ConfigOptions()) line.sources[option.key] = "default";
  for (const char* key : {"decode.threads", "embed.workers"}) {
    line.sources[key] = absl::StrCat("default for ", cores, " cores");
  }
  if (flags.config_path.empty()) flags.config_path = Lookup(environment, "LOOKBOOK_CONFIG");
  if (!flags.config_path.empty()) LB_RETURN_IF_ERROR(ApplyFile(flags.config_path, line));
  LB_RETURN_IF_ERROR(ApplyEnvironment(environment, line));
  for (const auto& [key, values] : flags.values) {
    LB_RETURN_IF_ERROR(Apply({key, values, FindOption(key)->Flag()}, line));
  }
  line.check_bundle = flags.check_bundle;
  if (!line.check_bundle.empty() && line.config.bundles.empty()) {
    line.config.bundles = {{"checked", line.check_bundle}};
  }
  LB_RETURN_IF_ERROR(Validate(line.config));
  if (flags.print_config) line.print = PrintConfig(line);
  return line;
}

std::string PrintConfig(const CommandLine& line) {
  std::vector<std::string> left;
  size_t width = 0;
  for (const ConfigOption& option : ConfigOptions()) {
    left.push_back(absl::StrCat(option.key, " = ", option.to_toml(line.config)));
    width = std::max(width, std::min<size_t>(left.back().size(), 48));
  }
  std::string text;
  for (size_t i = 0; i < left.size(); ++i) {
    left[i].resize(std::max(left[i].size(), width), ' ');
    absl::StrAppend(&text, left[i], "  # ", line.sources.at(ConfigOptions()[i].key), "\n");
  }
  return text;
}

}  // namespace lookbook
