#include "server/config/config_file.h"

#include <toml++/toml.h>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/toml_depth.h"
#include "server/config/config_options.h"

namespace lookbook {
namespace {

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  absl::Status ReadTable(const toml::table& table, const std::string& prefix) {
    for (const auto& [name, node] : table) {
      const std::string key = absl::StrCat(prefix, std::string(name.str()));
      if (const ConfigOption* option = FindOption(key)) {
        LB_RETURN_IF_ERROR(ReadOption(*option, node));
      } else if (node.is_table() && IsSection(key)) {
        LB_RETURN_IF_ERROR(ReadTable(*node.as_table(), key + "."));
      } else {
        return Refuse(name.source(), absl::StrCat("unknown key \"", key, "\""));
      }
    }
    return absl::OkStatus();
  }

  std::vector<Setting> Take() { return std::move(settings_); }

 private:
  std::string Place(const toml::source_region& region) const {
    return absl::StrCat(path_, ":", region.begin.line);
  }

  absl::Status Refuse(const toml::source_region& region, absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(Place(region), ": ", what));
  }

  static bool IsSection(const std::string& key) {
    for (const ConfigOption& option : ConfigOptions()) {
      if (absl::string_view(option.key).substr(0, key.size() + 1) == key + ".") return true;
    }
    return false;
  }

  absl::Status ReadOption(const ConfigOption& option, const toml::node& node) {
    Setting setting{option.key, {}, Place(node.source())};
    if (option.kind == OptionKind::kBundles) {
      LB_RETURN_IF_ERROR(ReadBundles(node, setting.values));
    } else {
      LB_ASSIGN_OR_RETURN(std::string value, ReadScalar(option, node));
      setting.values.push_back(std::move(value));
    }
    settings_.push_back(std::move(setting));
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> ReadScalar(const ConfigOption& option, const toml::node& node) const {
    const bool takes_integer =
        option.kind == OptionKind::kInteger || option.kind == OptionKind::kBytes;
    const bool takes_text = option.kind == OptionKind::kText || option.kind == OptionKind::kSpan ||
                            option.kind == OptionKind::kBytes;
    if (takes_integer && node.is_integer()) return absl::StrCat(node.as_integer()->get());
    if (takes_text && node.is_string()) return node.as_string()->get();
    if (option.kind == OptionKind::kBool && node.is_boolean()) {
      return std::string(node.as_boolean()->get() ? "true" : "false");
    }
    const char* wanted = option.kind == OptionKind::kInteger ? "an integer"
                         : option.kind == OptionKind::kBool  ? "true or false"
                         : option.kind == OptionKind::kBytes ? "an integer or a quoted size"
                         : option.kind == OptionKind::kSpan  ? "a quoted time span, such as \"5ms\""
                                                             : "a quoted text";
    return Refuse(node.source(), absl::StrCat(option.key, " must be ", wanted));
  }

  absl::Status ReadBundles(const toml::node& node, std::vector<std::string>& values) const {
    const absl::string_view form = "bundles must be [[bundles]] entries with name and path";
    if (!node.is_array()) return Refuse(node.source(), form);
    for (const toml::node& entry : *node.as_array()) {
      if (!entry.is_table()) return Refuse(entry.source(), form);
      for (const auto& [name, value] : *entry.as_table()) {
        if (name != "name" && name != "path") {
          return Refuse(name.source(),
                        absl::StrCat("unknown key \"bundles.", std::string(name.str()), "\""));
        }
        if (!value.is_string()) return Refuse(value.source(), form);
      }
      const auto name = entry.as_table()->get_as<std::string>("name");
      const auto path = entry.as_table()->get_as<std::string>("path");
      if (name == nullptr || path == nullptr) return Refuse(entry.source(), form);
      values.push_back(absl::StrCat(name->get(), "=", path->get()));
    }
    return absl::OkStatus();
  }

  const std::string path_;
  std::vector<Setting> settings_;
};

}  // namespace

absl::StatusOr<std::vector<Setting>> ParseConfigFile(absl::string_view text,
                                                     const std::string& path) {
  LB_RETURN_IF_ERROR(CheckTomlDepth(text, path));
  try {
    const toml::table table = toml::parse(std::string_view(text.data(), text.size()));
    Reader reader(path);
    LB_RETURN_IF_ERROR(reader.ReadTable(table, ""));
    return reader.Take();
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":", error.source().begin.line, ": ", std::string(error.description())));
  }
}

}  // namespace lookbook
