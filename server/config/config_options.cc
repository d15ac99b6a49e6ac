#include "server/config/config_options.h"

#include <toml++/toml.h>

#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/status_macros.h"
#include "server/config/values.h"

namespace lookbook {
namespace {

using Values = std::vector<std::string>;
template <typename T>
using Field = std::function<T&(ServerConfig&)>;

// Access through a non-const reference serves reading too.
template <typename T>
const T& Read(const Field<T>& field, const ServerConfig& config) {
  return field(const_cast<ServerConfig&>(config));
}

absl::Status Named(absl::string_view key, const absl::Status& status) {
  return absl::InvalidArgumentError(absl::StrCat(key, " ", status.message()));
}

// An option whose one value is read by `parse` and written by `format`.
template <typename T, typename Parse, typename Format>
ConfigOption Scalar(std::string key, OptionKind kind, std::string help, Field<T> field, Parse parse,
                    Format format) {
  ConfigOption option{key, kind, std::move(help), nullptr, nullptr};
  option.set = [key, field, parse](ServerConfig& config, const Values& values) -> absl::Status {
    auto value = parse(values.at(0));
    if (!value.ok()) return Named(key, value.status());
    field(config) = static_cast<T>(*value);
    return absl::OkStatus();
  };
  option.to_toml = [field, format](const ServerConfig& config) {
    return format(Read(field, config));
  };
  return option;
}

absl::Status CheckRange(int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(value, " is not between ", low, " and ", high));
}

ConfigOption Integer(std::string key, std::string help, int low, int high, Field<int> field) {
  const auto parse = [low, high](const std::string& text) -> absl::StatusOr<int64_t> {
    LB_ASSIGN_OR_RETURN(const int64_t value, ParseInteger(text));
    LB_RETURN_IF_ERROR(CheckRange(value, low, high));
    return value;
  };
  return Scalar<int>(std::move(key), OptionKind::kInteger, std::move(help), std::move(field), parse,
                     [](int value) { return absl::StrCat(value); });
}

// A large integer that may be written with a unit when `kind` is kBytes.
ConfigOption Large(std::string key, OptionKind kind, std::string help, int64_t low, int64_t high,
                   Field<int64_t> field) {
  const auto parse = [=](const std::string& text) -> absl::StatusOr<int64_t> {
    LB_ASSIGN_OR_RETURN(const int64_t value,
                        kind == OptionKind::kBytes ? ParseBytes(text) : ParseInteger(text));
    LB_RETURN_IF_ERROR(CheckRange(value, low, high));
    return value;
  };
  const auto format = [kind](int64_t value) {
    return kind == OptionKind::kBytes ? TomlQuote(FormatBytes(value)) : absl::StrCat(value);
  };
  return Scalar<int64_t>(std::move(key), kind, std::move(help), std::move(field), parse, format);
}

ConfigOption Span(std::string key, std::string help, absl::Duration low, absl::Duration high,
                  Field<absl::Duration> field) {
  const auto parse = [=](const std::string& text) -> absl::StatusOr<absl::Duration> {
    LB_ASSIGN_OR_RETURN(const absl::Duration value, ParseTimeSpan(text));
    if (value >= low && value <= high) return value;
    return absl::InvalidArgumentError(absl::StrCat(absl::FormatDuration(value), " is not between ",
                                                   absl::FormatDuration(low), " and ",
                                                   absl::FormatDuration(high)));
  };
  return Scalar<absl::Duration>(
      std::move(key), OptionKind::kSpan, std::move(help), std::move(field), parse,
      [](absl::Duration value) { return TomlQuote(absl::FormatDuration(value)); });
}

ConfigOption Switch(std::string key, std::string help, Field<bool> field) {
  return Scalar<bool>(std::move(key), OptionKind::kBool, std::move(help), std::move(field),
                      ParseBool, [](bool on) { return std::string(on ? "true" : "false"); });
}

absl::StatusOr<std::string> ParseAddressOrOff(const std::string& text) {
  if (text == "off") return text;
  return ParseAddress(text);
}

absl::StatusOr<std::string> AnyText(const std::string& text) { return text; }

ConfigOption Text(std::string key, std::string help, Field<std::string> field,
                  absl::StatusOr<std::string> (*parse)(const std::string&)) {
  return Scalar<std::string>(std::move(key), OptionKind::kText, std::move(help), std::move(field),
                             parse, TomlQuote);
}

ConfigOption Bundles() {
  ConfigOption option{"bundles", OptionKind::kBundles,
                      "bundle root to serve, NAME=PATH; may be repeated, the first is the default",
                      nullptr, nullptr};
  option.set = [](ServerConfig& config, const Values& values) -> absl::Status {
    std::vector<BundleRoot> roots;
    for (const std::string& value : values) {
      absl::StatusOr<BundleRoot> root = ParseBundleRoot(value);
      if (!root.ok()) return Named("bundles", root.status());
      roots.push_back(*std::move(root));
    }
    config.bundles = std::move(roots);
    return absl::OkStatus();
  };
  option.to_toml = [](const ServerConfig& config) {
    return absl::StrCat("[",
                        absl::StrJoin(config.bundles, ", ",
                                      [](std::string* out, const BundleRoot& root) {
                                        absl::StrAppend(out, "{name = ", TomlQuote(root.name),
                                                        ", path = ", TomlQuote(root.path), "}");
                                      }),
                        "]");
  };
  return option;
}

using C = ServerConfig;
constexpr int kManyThreads = 256;

void AddPlaces(std::vector<ConfigOption>& all) {
  all.push_back(Text(
      "listen.data", "address of the gRPC services", [](C & c) -> auto& { return c.listen.data; },
      [](const std::string& text) { return ParseAddress(text); }));
  all.push_back(Text(
      "listen.admin", "address of the AdminService, or \"off\"",
      [](C & c) -> auto& { return c.listen.admin; }, ParseAddressOrOff));
  all.push_back(Text(
      "listen.health", "address of the health service alone, in plain text, or \"off\"",
      [](C & c) -> auto& { return c.listen.health; }, ParseAddressOrOff));
  all.push_back(Switch(
      "listen.reflection", "offer gRPC reflection",
      [](C & c) -> auto& { return c.listen.reflection; }));
  all.push_back(Text(
      "metrics.listen", "address of the Prometheus endpoint, or \"off\"",
      [](C & c) -> auto& { return c.metrics.listen; }, ParseAddressOrOff));
  all.push_back(Bundles());
  all.push_back(Text(
      "device", "where models and indexes run: cpu or cuda",
      [](C & c) -> auto& { return c.device; },
      [](const std::string& text) {
        return ParseOneOf(text, {"cpu", "cuda"});
      }));
}

void AddSecurity(std::vector<ConfigOption>& all) {
  all.push_back(Text(
      "tls.certificate", "PEM file of the server's certificate; empty: no TLS",
      [](C & c) -> auto& { return c.tls.certificate; }, AnyText));
  all.push_back(Text(
      "tls.key", "PEM file of the certificate's private key",
      [](C & c) -> auto& { return c.tls.key; }, AnyText));
  all.push_back(Text(
      "tls.client_ca", "PEM file of the CA whose certificates clients must have",
      [](C & c) -> auto& { return c.tls.client_ca; }, AnyText));
  all.push_back(Text(
      "tls.admin_client_ca", "the same for the admin port; empty: tls.client_ca",
      [](C & c) -> auto& { return c.tls.admin_client_ca; }, AnyText));
  all.push_back(Text(
      "auth.tokens_file", "digests of the bearer tokens of clients; empty: none is asked for",
      [](C & c) -> auto& { return c.auth.tokens_file; }, AnyText));
  all.push_back(Text(
      "auth.admin_tokens_file", "the same for the admin port",
      [](C & c) -> auto& { return c.auth.admin_tokens_file; }, AnyText));
}

void AddRate(std::vector<ConfigOption>& all) {
  all.push_back(Integer(
      "rate.calls_per_second", "calls of one client; 0 = no limit", 0, 1'000'000,
      [](C & c) -> auto& { return c.rate.calls_per_second; }));
  all.push_back(Integer(
      "rate.calls_burst", "calls of one client at once; 0 = those of a second", 0, 1'000'000,
      [](C & c) -> auto& { return c.rate.calls_burst; }));
  all.push_back(Large(
      "rate.bytes_per_second", OptionKind::kBytes, "request bytes of one client; 0 = no limit", 0,
      int64_t{1} << 40, [](C & c) -> auto& { return c.rate.bytes_per_second; }));
  all.push_back(Large(
      "rate.bytes_burst", OptionKind::kBytes,
      "request bytes of one client at once; 0 = those of a second", 0, int64_t{1} << 40,
      [](C & c) -> auto& { return c.rate.bytes_burst; }));
  all.push_back(Integer(
      "rate.clients", "clients whose rates are remembered", 1, 1'000'000,
      [](C & c) -> auto& { return c.rate.clients; }));
}

void AddCuda(std::vector<ConfigOption>& all) {
  all.push_back(Text(
      "cuda.plugin", "lookbook_cuda.so; empty: where it is installed",
      [](C & c) -> auto& { return c.cuda.plugin; }, AnyText));
  all.push_back(Scalar<std::vector<int>>(
      "cuda.devices", OptionKind::kText, "numbers of the devices, such as \"0,1\"",
      [](C & c) -> auto& { return c.cuda.devices; }, ParseDevices,
      [](const std::vector<int>& devices) { return TomlQuote(absl::StrJoin(devices, ",")); }));
  all.push_back(Text(
      "cuda.precision", "what models compute in: fp32, fp16 or bf16",
      [](C & c) -> auto& { return c.cuda.precision; },
      [](const std::string& text) {
        return ParseOneOf(text, {"fp32", "fp16", "bf16"});
      }));
  all.push_back(Integer(
      "cuda.streams", "batches at once, per bundle and device", 1, 8,
      [](C & c) -> auto& { return c.cuda.streams; }));
  all.push_back(Scalar<bool>(
      "cuda.graphs", OptionKind::kBool, "record CUDA graphs",
      [](C & c) -> auto& { return c.cuda.graphs; }, ParseBool,
      [](bool on) { return std::string(on ? "true" : "false"); }));
  all.push_back(Text(
      "cuda.index_engine", "what scans the vectors: matmul or faiss",
      [](C & c) -> auto& { return c.cuda.index_engine; },
      [](const std::string& text) {
        return ParseOneOf(text, {"matmul", "faiss"});
      }));
  all.push_back(Text(
      "cuda.index_storage", "the vectors on the device: fp32 or fp16",
      [](C & c) -> auto& { return c.cuda.index_storage; },
      [](const std::string& text) {
        return ParseOneOf(text, {"fp32", "fp16"});
      }));
  all.push_back(Large(
      "cuda.index_temp_bytes", OptionKind::kBytes, "scratch memory of an index, per device",
      1 << 20, int64_t{1} << 36, [](C & c) -> auto& { return c.cuda.index_temp_bytes; }));
  all.push_back(Text(
      "cuda.on_device_lost", "after an error that the device does not get over: exit or cpu",
      [](C & c) -> auto& { return c.cuda.on_device_lost; },
      [](const std::string& text) {
        return ParseOneOf(text, {"exit", "cpu"});
      }));
}

void AddStages(std::vector<ConfigOption>& all) {
  all.push_back(Integer(
      "decode.threads", "threads that decode images, per bundle", 1, kManyThreads,
      [](C & c) -> auto& { return c.decode.threads; }));
  all.push_back(Integer(
      "decode.queue", "images that may wait for a decode thread", 1, 100'000,
      [](C & c) -> auto& { return c.decode.queue; }));
  all.push_back(Integer(
      "embed.workers", "threads that run the model, per bundle", 1, kManyThreads,
      [](C & c) -> auto& { return c.embed.workers; }));
  all.push_back(Integer(
      "batch.max_size", "most queries of a batch", 1, 256,
      [](C & c) -> auto& { return c.batch.max_size; }));
  all.push_back(Span(
      "batch.max_delay", "how long a query waits for company", absl::ZeroDuration(),
      absl::Seconds(1), [](C & c) -> auto& { return c.batch.max_delay; }));
  all.push_back(Integer(
      "batch.queue_capacity", "queries that may be inside before a batch takes them", 1, 100'000,
      [](C & c) -> auto& { return c.batch.queue_capacity; }));
}

void AddIndex(std::vector<ConfigOption>& all) {
  all.push_back(Integer(
      "index.nprobe", "lists that a search of an IVF index looks into; 0 = as the bundle says", 0,
      65'536, [](C & c) -> auto& { return c.index.nprobe; }));
  all.push_back(Integer(
      "index.ef_search", "width of a search through an HNSW index; 0 = as the bundle says", 0, 4096,
      [](C & c) -> auto& { return c.index.ef_search; }));
}

void AddLifecycle(std::vector<ConfigOption>& all) {
  all.push_back(Switch(
      "lifecycle.watch", "load what CURRENT names whenever it changes",
      [](C & c) -> auto& { return c.lifecycle.watch; }));
  all.push_back(Span(
      "lifecycle.poll_interval", "how often lifecycle.watch reads CURRENT", absl::Milliseconds(10),
      absl::Hours(1), [](C & c) -> auto& { return c.lifecycle.poll_interval; }));
  all.push_back(Span(
      "lifecycle.check_time", "how long the process that checks a new bundle may take",
      absl::Milliseconds(10), absl::Hours(1),
      [](C & c) -> auto& { return c.lifecycle.check_time; }));
  all.push_back(Large(
      "lifecycle.check_memory", OptionKind::kBytes,
      "address space of the process that checks a new bundle; 0 = by the bundle's size", 0,
      int64_t{1} << 44, [](C & c) -> auto& { return c.lifecycle.check_memory; }));
}

void AddSignature(std::vector<ConfigOption>& all) {
  all.push_back(Text(
      "signature.public_keys",
      "PEM file of the keys by one of which every bundle must be signed; empty: by none",
      [](C & c) -> auto& { return c.signature.public_keys; }, AnyText));
}

void AddLimits(std::vector<ConfigOption>& all) {
  const int64_t gib = int64_t{1} << 30;
  all.push_back(Large(
      "limits.message_bytes", OptionKind::kBytes, "largest request message", 1024, gib,
      [](C & c) -> auto& { return c.limits.message_bytes; }));
  all.push_back(Large(
      "limits.image_bytes", OptionKind::kBytes, "largest image file", 1024, gib,
      [](C & c) -> auto& { return c.limits.image_bytes; }));
  all.push_back(Large(
      "limits.image_pixels", OptionKind::kInteger, "most pixels of an image", 64, gib,
      [](C & c) -> auto& { return c.limits.image_pixels; }));
  all.push_back(Integer(
      "limits.image_side", "longest side of an image in pixels", 8, 65'535,
      [](C & c) -> auto& { return c.limits.image_side; }));
  all.push_back(Integer(
      "limits.image_min_side", "shortest side of an image in pixels", 1, 1024,
      [](C & c) -> auto& { return c.limits.image_min_side; }));
  all.push_back(Integer(
      "limits.image_aspect", "longer over shorter side of an image", 1, 65'535,
      [](C & c) -> auto& { return c.limits.image_aspect; }));
  all.push_back(Integer(
      "limits.jpeg_scans", "scans of a progressive JPEG", 1, 10'000,
      [](C & c) -> auto& { return c.limits.jpeg_scans; }));
  all.push_back(Integer(
      "limits.png_chunks", "chunks of a PNG", 3, 1'000'000,
      [](C & c) -> auto& { return c.limits.png_chunks; }));
  all.push_back(Integer(
      "limits.connections", "connections that may be open", 1, 100'000,
      [](C & c) -> auto& { return c.limits.connections; }));
  all.push_back(Integer(
      "limits.connections_per_address", "of them from one address; 0 = all", 0, 100'000,
      [](C & c) -> auto& { return c.limits.connections_per_address; }));
  all.push_back(Integer(
      "limits.streams_per_connection", "calls at once on one connection", 1, 10'000,
      [](C & c) -> auto& { return c.limits.streams_per_connection; }));
  all.push_back(Integer(
      "limits.queries_per_stream", "queries at once of one SearchStream", 1, 1024,
      [](C & c) -> auto& { return c.limits.queries_per_stream; }));
  all.push_back(Large(
      "limits.image_memory_bytes", OptionKind::kBytes, "memory that images of all calls may take",
      1024, int64_t{1} << 40, [](C & c) -> auto& { return c.limits.image_memory_bytes; }));
  all.push_back(Large(
      "limits.grpc_memory_bytes", OptionKind::kBytes, "memory that gRPC may hold in buffers",
      1 << 20, int64_t{1} << 40, [](C & c) -> auto& { return c.limits.grpc_memory_bytes; }));
}

void AddTimesAndLog(std::vector<ConfigOption>& all) {
  const absl::Duration zero = absl::ZeroDuration();
  all.push_back(Span(
      "deadlines.max_deadline", "longest time a call may take", absl::Milliseconds(1),
      absl::Hours(1), [](C & c) -> auto& { return c.deadlines.max_deadline; }));
  all.push_back(Span(
      "deadlines.stream_idle", "how long a SearchStream may be silent", absl::Milliseconds(10),
      absl::Hours(24), [](C & c) -> auto& { return c.deadlines.stream_idle; }));
  all.push_back(Span(
      "deadlines.connection_age", "how long a connection may be used; 0 = for ever", zero,
      absl::Hours(24), [](C & c) -> auto& { return c.deadlines.connection_age; }));
  all.push_back(Span(
      "deadlines.connection_grace", "how long calls on it may take to finish after that", zero,
      absl::Hours(24), [](C & c) -> auto& { return c.deadlines.connection_grace; }));
  all.push_back(Span(
      "deadlines.lame_duck",
      "how long calls are accepted after SIGTERM, while health says NOT_SERVING", zero,
      absl::Hours(1), [](C & c) -> auto& { return c.deadlines.lame_duck; }));
  all.push_back(Span(
      "deadlines.drain", "how long calls may take to finish after that", zero, absl::Hours(1),
      [](C & c) -> auto& { return c.deadlines.drain; }));
  all.push_back(Span(
      "watchdog.stalled_after", "how long a thread may be at one image or batch",
      absl::Milliseconds(1), absl::Hours(1),
      [](C & c) -> auto& { return c.watchdog.stalled_after; }));
  all.push_back(Span(
      "watchdog.give_up_after", "after how long it is taken to hang for good",
      absl::Milliseconds(1), absl::Hours(24),
      [](C & c) -> auto& { return c.watchdog.give_up_after; }));
  all.push_back(Text(
      "watchdog.on_stuck", "what happens then: exit or report",
      [](C & c) -> auto& { return c.watchdog.on_stuck; },
      [](const std::string& text) {
        return ParseOneOf(text, {"exit", "report"});
      }));
  all.push_back(Large(
      "watchdog.memory_bytes", OptionKind::kBytes,
      "resident memory that is too much; 0 = four fifths of what the process can have", 0,
      int64_t{1} << 44, [](C & c) -> auto& { return c.watchdog.memory_bytes; }));
  all.push_back(Text(
      "watchdog.on_memory", "what an eighth more leads to: exit or report",
      [](C & c) -> auto& { return c.watchdog.on_memory; },
      [](const std::string& text) {
        return ParseOneOf(text, {"exit", "report"});
      }));
  all.push_back(Scalar<LogLevel>(
      "log.level", OptionKind::kText, "debug, info, warning or error",
      [](C & c) -> auto& { return c.log.level; }, ParseLogLevel,
      [](LogLevel level) { return TomlQuote(std::string(LogLevelName(level))); }));
  all.push_back(Scalar<LogFormat>(
      "log.format", OptionKind::kText, "text or json", [](C & c) -> auto& { return c.log.format; },
      ParseLogFormat,
      [](LogFormat format) { return TomlQuote(format == LogFormat::kJson ? "json" : "text"); }));
  all.push_back(Integer(
      "log.requests_per_second", "calls that ended well, logged a second; 0 = none", 0, 1'000'000,
      [](C & c) -> auto& { return c.log.requests_per_second; }));
  all.push_back(Integer(
      "log.errors_per_second", "calls that failed or were slow, logged a second; 0 = none", 0,
      1'000'000, [](C & c) -> auto& { return c.log.errors_per_second; }));
  all.push_back(Span(
      "log.slow_request", "how long a call may take that is not slow; 0 = for ever", zero,
      absl::Hours(1), [](C & c) -> auto& { return c.log.slow_request; }));
}

}  // namespace

std::string ConfigOption::Flag() const {
  return absl::StrCat("--", absl::StrReplaceAll(key, {{"_", "-"}}));
}

std::string ConfigOption::Environment() const {
  return absl::StrCat("LOOKBOOK_", absl::AsciiStrToUpper(absl::StrReplaceAll(key, {{".", "_"}})));
}

const std::vector<ConfigOption>& ConfigOptions() {
  static const auto* const options = [] {
    auto* made = new std::vector<ConfigOption>;
    AddPlaces(*made);
    AddSecurity(*made);
    AddRate(*made);
    AddCuda(*made);
    AddStages(*made);
    AddIndex(*made);
    AddLifecycle(*made);
    AddSignature(*made);
    AddLimits(*made);
    AddTimesAndLog(*made);
    return made;
  }();
  return *options;
}

const ConfigOption* FindOption(absl::string_view key) {
  for (const ConfigOption& option : ConfigOptions()) {
    if (option.key == key) return &option;
  }
  return nullptr;
}

std::string TomlQuote(const std::string& text) {
  std::ostringstream out;
  const toml::value<std::string> value(text);
  out << toml::toml_formatter(value,
                              toml::format_flags::none);  // No literal strings: '…' has no escapes.
  return out.str();
}

}  // namespace lookbook
