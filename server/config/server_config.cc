#include "server/config/server_config.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/config/values.h"

namespace lookbook {
namespace {

absl::Status CheckBundles(const std::vector<BundleRoot>& bundles) {
  if (bundles.empty()) {
    return absl::InvalidArgumentError(
        "bundles is empty: name at least one bundle root, such as --bundles default=/srv/bundles");
  }
  if (bundles.size() > kMaxBundles) {
    return absl::InvalidArgumentError(absl::StrCat(
        "bundles has ", bundles.size(), " entries; at most ", kMaxBundles, " can be served"));
  }
  std::set<std::string> names;
  for (const BundleRoot& bundle : bundles) {
    if (!names.insert(bundle.name).second) {
      return absl::InvalidArgumentError(absl::StrCat("bundles names \"", bundle.name, "\" twice"));
    }
  }
  return absl::OkStatus();
}

// Port 0 is a free one for each.
absl::Status CheckPorts(const ServerConfig& config) {
  const std::pair<const char*, const std::string&> listeners[] = {
      {"listen.data", config.listen.data},
      {"listen.admin", config.listen.admin},
      {"listen.health", config.listen.health},
      {"metrics.listen", config.metrics.listen}};
  std::map<int, size_t> taken;
  for (size_t i = 0; i < std::size(listeners); ++i) {
    const auto& [key, address] = listeners[i];
    if (address == "off" || PortOf(address) == 0) continue;
    const auto [other, fresh] = taken.emplace(PortOf(address), i);
    if (fresh) continue;
    return absl::InvalidArgumentError(absl::StrCat(listeners[other->second].first, " ",
                                                   listeners[other->second].second, " and ", key,
                                                   " ", address, " have the same port"));
  }
  return absl::OkStatus();
}

absl::Status CheckDevice(const std::string& device) {
  if (device == "cpu" || device == "cuda") return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("device \"", device, "\" is not \"cpu\" or \"cuda\""));
}

absl::Status CheckWatchdog(const ServerConfig::WatchdogConfig& watchdog) {
  if (watchdog.give_up_after > watchdog.stalled_after) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "watchdog.give_up_after ", absl::FormatDuration(watchdog.give_up_after),
      " is not above watchdog.stalled_after ", absl::FormatDuration(watchdog.stalled_after)));
}

absl::Status CheckTls(const ServerConfig::Tls& tls) {
  if (tls.certificate.empty() != tls.key.empty()) {
    return absl::InvalidArgumentError("tls.certificate and tls.key need each other");
  }
  const bool asks = !tls.client_ca.empty() || !tls.admin_client_ca.empty();
  if (asks && tls.certificate.empty()) {
    return absl::InvalidArgumentError(
        "clients can show certificates to a server with tls.certificate alone");
  }
  return absl::OkStatus();
}

// Who may search does not by that change what is served.
absl::Status CheckAdmin(const ServerConfig& config) {
  const bool shared = !config.tls.client_ca.empty() && config.tls.admin_client_ca.empty() &&
                      config.auth.admin_tokens_file.empty();
  if (config.listen.admin == "off" || !shared) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "every client of tls.client_ca could call the admin port: set tls.admin_client_ca or "
      "auth.admin_tokens_file, or listen.admin off");
}

absl::Status CheckBurst(const char* name, int64_t burst, int64_t per_second) {
  if (burst == 0 || per_second > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("rate.", name, "_burst ", burst, " has no rate.", name, "_per_second"));
}

absl::Status CheckBelow(absl::string_view small_name, int64_t small, absl::string_view large_name,
                        int64_t large) {
  if (large >= small) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(large_name, " ", large, " is below ", small_name, " ", small));
}

absl::Status CheckIndex(const ServerConfig::Index& index) {
  constexpr int kLeast = 16;  // FAISS's beam is never narrower.
  if (index.ef_search == 0 || index.ef_search >= kLeast) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("index.ef_search ", index.ef_search, " is neither 0 nor at least ", kLeast));
}

// An image that comes alone is never too large.
absl::Status CheckImageMemory(const ServerConfig::Limits& limits) {
  const int64_t largest = MostImageMemory(limits);
  if (limits.image_memory_bytes >= largest) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("limits.image_memory_bytes ", limits.image_memory_bytes, " is below ", largest,
                   ", which one image may take by limits.image_bytes ", limits.image_bytes,
                   ", image_pixels ", limits.image_pixels, ", image_side ", limits.image_side,
                   " and png_chunks ", limits.png_chunks));
}

}  // namespace

ServerConfig DefaultServerConfig(int cores) {
  ServerConfig config;
  config.decode.threads = std::clamp(cores, 1, 256);
  config.embed.workers = std::clamp(cores, 1, 256);
  return config;
}

// Costliest is a progressive CMYK picture at full size: 8 bytes of coefficients a pixel, of sides
// that are filled up by 31 at most, and 3 of pixels. Rows at work are 256 bytes a column.
int64_t MostImageMemory(const ServerConfig::Limits& limits) {
  constexpr int64_t kPixel = 11;
  constexpr int64_t kSide = 1024;
  constexpr int64_t kChunk = 48;
  constexpr int64_t kState = 256 << 10;
  return limits.image_bytes + kPixel * limits.image_pixels + kSide * limits.image_side +
         kChunk * limits.png_chunks + kState;
}

absl::Status Validate(const ServerConfig& config) {
  for (const absl::Status& status :
       {CheckBundles(config.bundles), CheckDevice(config.device), CheckPorts(config),
        CheckTls(config.tls), CheckAdmin(config), CheckWatchdog(config.watchdog),
        CheckIndex(config.index),
        CheckBurst("calls", config.rate.calls_burst, config.rate.calls_per_second),
        CheckBurst("bytes", config.rate.bytes_burst, config.rate.bytes_per_second),
        CheckBelow("batch.max_size", config.batch.max_size, "batch.queue_capacity",
                   config.batch.queue_capacity),
        CheckBelow("limits.image_bytes", config.limits.image_bytes, "limits.message_bytes",
                   config.limits.message_bytes),
        CheckBelow("limits.message_bytes", config.limits.message_bytes, "limits.grpc_memory_bytes",
                   config.limits.grpc_memory_bytes),
        CheckImageMemory(config.limits),
        CheckBelow("limits.image_min_side", config.limits.image_min_side, "limits.image_side",
                   config.limits.image_side)}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace lookbook
