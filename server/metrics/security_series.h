// What is counted of certificates and tokens.
#pragma once

#include <array>

#include "server/metrics/metric_handles.h"

namespace lookbook {

inline constexpr std::array<const char*, 4> kAuthFailures = {"no_token", "wrong_token",
                                                             "wrong_port", "other"};
inline constexpr std::array<const char*, 5> kSecretFiles = {"certificate", "admin_certificate",
                                                            "tokens", "admin_tokens", "other"};

// Thread-safe. `registry` must outlive this object.
struct SecuritySeries {
  explicit SecuritySeries(prometheus::Registry& registry);

  struct Reloads {
    CounterHandle succeeded;
    CounterHandle failed;
  };
  std::array<CounterHandle, kAuthFailures.size()> auth_failures;
  std::array<Reloads, kSecretFiles.size()> reloads;
  GaugeHandle certificate_expiry;
};

}  // namespace lookbook
