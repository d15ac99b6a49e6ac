// A whole server in one object: what main() runs and what tests start inside their process.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/device/device_backend.h"
#include "server/config/server_config.h"
#include "server/lifecycle/bundle_check.h"
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
  // `opener` opens the bundles later; null means OpenBundleAt. `backend` is where they run; null
  // means what config.device says. `check` looks at a bundle before the server opens it while it
  // serves; null means that nobody does: bundles are then trusted not to crash their readers.
  // InvalidArgument or Unavailable: the configuration is wrong, or a port cannot be had; the same
  // and others: a certificate, key or token file is not usable; FailedPrecondition: the device
  // cannot be used. The message names what.
  static absl::StatusOr<std::unique_ptr<Server>> Listen(
      const ServerConfig& config, BundleOpener opener = nullptr,
      std::unique_ptr<DeviceBackend> backend = nullptr, BundleCheck check = nullptr);

  // Loads what every root's CURRENT names, in configured order, and then serves. The first failure
  // ends it: the status is the loader's. Cancelled: `cancelled` said true between two bundles.
  absl::Status LoadBundles(const std::function<bool()>& cancelled = nullptr);

  // Call it from time to time while the server serves. OK: the device works, or there is none but
  // the CPU. When it is lost, health says NOT_SERVING at once; then, as cuda.on_device_lost says,
  // the bundles that were live are loaded again onto the CPU, and the server serves (OK), or the
  // server is stopped, which takes at most some seconds, and the status says why: the process
  // should end, and without destroying this object, which might wait for a thread that hangs in a
  // call to the device. It also should when a bundle does not load.
  absl::Status CheckDevice();

  // Call it from time to time while the server serves, from one thread. While a thread has been at
  // one image or batch for longer than watchdog.stalled_after, health says NOT_SERVING; once none
  // has, SERVING again. DeadlineExceeded stuck: for longer than watchdog.give_up_after, and
  // watchdog.on_stuck is "exit". The process should then end without destroying this object, which
  // would wait for that thread.
  absl::Status CheckWorkers();

  // Call it from time to time while the server serves, from the same thread. While the process has
  // more than watchdog.memory_bytes in memory, health says NOT_SERVING. ResourceExhausted memory:
  // it has more by an eighth, and watchdog.on_memory is "exit". The process should then end at
  // once, as calls in flight would, when the kernel ended it.
  absl::Status CheckMemory();

  // Call it from time to time while the server serves, from one thread: takes over certificates and
  // token files that have changed. What cannot be used is logged, and what was there before stays
  // in force.
  void RefreshSecrets();

  // Health NOT_SERVING at once; lame duck; drain; stop. Blocks. A second call returns at once.
  void Stop();

  // Stops without a lame duck and without waiting for calls, unless Stop() was called.
  ~Server();

  ServingState state() const;
  int data_port() const;
  int admin_port() const;    // -1 when it is off.
  int health_port() const;   // Of listen.health; -1 when it is off.
  int metrics_port() const;  // -1 when the endpoint is off.
  ServerMetrics& metrics();

  // "serving on 0.0.0.0:50051, admin on 127.0.0.1:50052, metrics on 127.0.0.1:9464:
  // default=20261123T101500Z-3f9a1c02b7de (8000 items)"
  std::string Describe() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lookbook
