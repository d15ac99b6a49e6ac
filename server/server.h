// A whole server in one object: what main() runs and what tests start inside their process.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/config/server_config.h"
#include "server/lifecycle/bundle_loader.h"
#include "server/lifecycle/serving_state.h"
#include "server/metrics/server_metrics.h"

namespace lookbook {

// Thread-safe after Listen().
class Server {
 public:
  // Listen() and LoadBundles() in one.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerConfig& config);

  // Opens the ports: health says NOT_SERVING, and calls are answered UNAVAILABLE no_bundle.
  // `opener` opens the bundles later; null means OpenCurrentBundle. InvalidArgument or Unavailable:
  // the configuration is wrong, or a port cannot be had; the message names it.
  static absl::StatusOr<std::unique_ptr<Server>> Listen(const ServerConfig& config,
                                                        BundleOpener opener = nullptr);

  // Loads what every root's CURRENT names, in configured order, and then serves. The first failure
  // ends it: the status is the loader's. Cancelled: `cancelled` said true between two bundles.
  absl::Status LoadBundles(const std::function<bool()>& cancelled = nullptr);

  // Health NOT_SERVING at once; lame duck; drain; stop. Blocks. A second call returns at once.
  void Stop();

  // Stops without a lame duck and without waiting for calls, unless Stop() was called.
  ~Server();

  ServingState state() const;
  int data_port() const;
  int metrics_port() const;  // -1 when the endpoint is off.
  ServerMetrics& metrics();

  // "serving on 0.0.0.0:50051, metrics on 127.0.0.1:9464: default=20261123T101500Z-3f9a1c02b7de
  // (8000 items)"
  std::string Describe() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
