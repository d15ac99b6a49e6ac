#include "server/metrics/security_series.h"

#include <string>

namespace lookbook {
namespace {

CounterHandle AddReloads(prometheus::Registry& registry, const char* file, const char* result) {
  return AddCounter(
      registry, "lookbook_secret_reloads_total",
      "Changes of certificate and token files that were seen, by what became of them.",
      {{"file", file}, {"result", result}});
}

}  // namespace

SecuritySeries::SecuritySeries(prometheus::Registry& registry) {
  for (size_t i = 0; i < kAuthFailures.size(); ++i) {
    auth_failures[i] = AddCounter(registry, "lookbook_auth_failures_total",
                                  "Calls and streams refused because of who makes them.",
                                  {{"reason", kAuthFailures[i]}});
  }
  for (size_t i = 0; i < kSecretFiles.size(); ++i) {
    reloads[i].succeeded = AddReloads(registry, kSecretFiles[i], "success");
    reloads[i].failed = AddReloads(registry, kSecretFiles[i], "failure");
  }
  certificate_expiry =
      AddGauge(registry, "lookbook_certificate_expiry_timestamp_seconds",
               "When the server's TLS certificate expires, in seconds since 1970; 0 without TLS.");
}

}  // namespace lookbook
