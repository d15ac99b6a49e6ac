// The table of options: one entry gives a TOML key, an environment variable and a flag.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/config/server_config.h"

namespace lookbook {

// The TOML types that a key takes.
enum class OptionKind { kText, kInteger, kBytes, kSpan, kBool, kBundles };

struct ConfigOption {
  std::string key;  // "batch.max_size"
  OptionKind kind = OptionKind::kText;
  std::string help;
  // Sets the option from text; kBundles takes any number of "NAME=PATH", the others exactly one
  // value. InvalidArgument names the key and the value.
  std::function<absl::Status(ServerConfig&, const std::vector<std::string>&)> set;
  // The value as TOML.
  std::function<std::string(const ServerConfig&)> to_toml;

  std::string Flag() const;         // "--batch.max-size"
  std::string Environment() const;  // "LOOKBOOK_BATCH_MAX_SIZE"
};

// In the order in which they are documented and printed.
const std::vector<ConfigOption>& ConfigOptions();

// Null when there is none.
const ConfigOption* FindOption(absl::string_view key);

// TOML basic string, quoted and escaped.
std::string TomlQuote(const std::string& text);

}  // namespace lookbook
