// Everything that can be chosen about a server, after files, environment and flags are merged.
// Thread counts and queues are per bundle. deploy/server.toml explains every option.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/logging.h"

namespace lookbook {

inline constexpr int kMaxBundles = 8;

// A folder that holds bundles and CURRENT, and the name that requests call it by.
struct BundleRoot {
  std::string name;
  std::string path;
};

struct ServerConfig {
  struct Listen {
    std::string data = "0.0.0.0:50051";  // HOST:PORT; port 0 picks a free one.
    // Of the AdminService: HOST:PORT, or "off". Who reaches it can change what is served.
    std::string admin = "127.0.0.1:50052";
    // Of a port with the health service alone, in plain text and open to everybody, for probes that
    // have no certificate: HOST:PORT, or "off".
    std::string health = "off";
    bool reflection = true;  // The gRPC reflection service, for grpcurl and generic clients.
  };
  // Files in PEM, of the data and the admin port; empty = none. They may change while the server
  // runs.
  struct Tls {
    std::string certificate;      // Then those that lead to its CA. Empty = no TLS.
    std::string key;              // Of the certificate.
    std::string client_ca;        // Clients must have a certificate of it.
    std::string admin_client_ca;  // The same for the admin port; empty = client_ca.
  };
  // Files of bearer tokens; empty = nobody is asked for one. They may change while the server runs.
  struct Auth {
    std::string tokens_file;        // Of those who may call the data port.
    std::string admin_tokens_file;  // Of those who may call the admin port.
  };
  // What each client may take of the data port.
  struct Rate {
    int calls_per_second = 0;      // 0 = no limit.
    int calls_burst = 0;           // At once, after a pause; 0 = those of a second.
    int64_t bytes_per_second = 0;  // Of requests; 0 = no limit.
    int64_t bytes_burst = 0;
    int clients = 10'000;  // Remembered at once.
  };
  struct Metrics {
    std::string listen = "127.0.0.1:9464";  // HOST:PORT, or "off".
  };
  struct Decode {
    int threads = 1;
    int queue = 64;  // Images that may wait for a decode thread.
  };
  struct Embed {
    int workers = 1;
  };
  struct Batch {
    int max_size = 8;
    absl::Duration max_delay = absl::ZeroDuration();  // How long a lone image waits for company.
    // Queries that may be inside before a batch takes them; an image counts from before its
    // decoding.
    int queue_capacity = 64;
  };
  // How bundles change while the server serves.
  struct Lifecycle {
    bool watch = false;  // Follow CURRENT of every root.
    absl::Duration poll_interval = absl::Seconds(5);
    // What the process that checks a new bundle may take.
    absl::Duration check_time = absl::Minutes(2);
    int64_t check_memory = 0;  // Bytes of address space; 0 = by the bundle's size.
  };
  // By whom bundles must be signed.
  struct Signature {
    // PEM file of Ed25519 public keys, any of which may have signed; it is read for each bundle.
    // Empty = bundles need no signature.
    std::string public_keys;
  };
  // For device "cuda"; values as the CUDA plug-in takes them.
  struct Cuda {
    std::string plugin;                   // lookbook_cuda.so; empty = where it is installed.
    std::vector<int> devices = {0};       // Each holds every bundle's model and index.
    std::string precision = "fp16";       // fp32, fp16 or bf16.
    int streams = 3;                      // Batches at once, per bundle and device.
    bool graphs = true;                   // CUDA graphs.
    std::string index_engine = "matmul";  // matmul or faiss.
    std::string index_storage = "fp32";   // Of the vectors on the device: fp32 or fp16.
    int64_t index_temp_bytes = int64_t{1} << 30;
    std::string on_device_lost = "exit";  // exit or cpu.
  };
  // Instead of what each bundle's manifest says; 0 = as it says. Each counts for the bundles whose
  // index knows it.
  struct Index {
    int nprobe = 0;     // Lists of an IVF that a search looks into, at most all of them.
    int ef_search = 0;  // Width of the beam through an HNSW graph, 16 to 4096.
  };
  // Every bound is inclusive.
  struct Limits {
    int64_t message_bytes = 20 << 20;
    int64_t image_bytes = 16 << 20;
    int64_t image_pixels = 50'000'000;
    int image_side = 65'500;
    int image_min_side = 8;
    int image_aspect = 200;
    int jpeg_scans = 100;
    int png_chunks = 10'000;
    int connections = 1000;           // Open at once, to the data port.
    int connections_per_address = 0;  // Of them from one client's address; 0 = no limit of its own.
    int streams_per_connection = 100;
    int queries_per_stream = 32;  // Of one SearchStream, read and not yet answered.
    // What images of all calls may take: their files until the answer, their decoding until they
    // are resized.
    int64_t image_memory_bytes = int64_t{1} << 30;
    int64_t grpc_memory_bytes = int64_t{1} << 30;  // What gRPC may hold in buffers of all calls.
  };
  struct Deadlines {
    absl::Duration max_deadline =
        absl::Seconds(10);  // Caps what a client asks, and serves for none.
    // How long nothing may be read from a SearchStream or written to it.
    absl::Duration stream_idle = absl::Minutes(5);
    // How long a connection may be used, a tenth more or less; zero = for ever. Calls that run then
    // have the grace to finish.
    absl::Duration connection_age = absl::Minutes(5);
    absl::Duration connection_grace = absl::Seconds(30);
    absl::Duration lame_duck = absl::Seconds(5);
    absl::Duration drain = absl::Seconds(20);
  };
  // What a thread that hangs, or memory that runs short, leads to.
  struct WatchdogConfig {
    absl::Duration stalled_after = absl::Seconds(15);
    absl::Duration give_up_after = absl::Seconds(60);
    std::string on_stuck = "exit";  // exit or report.
    // Resident memory that is too much; 0 = four fifths of what the process can have.
    int64_t memory_bytes = 0;
    std::string on_memory = "exit";  // exit or report.
  };
  struct LogOptions {
    LogLevel level = LogLevel::kInfo;
    LogFormat format = LogFormat::kText;
    int requests_per_second = 100;  // Calls that ended well and are logged a second; 0 = none.
    int errors_per_second = 100;    // Calls that failed or were slow, likewise.
    absl::Duration slow_request = absl::Seconds(1);  // Calls that take longer are slow; 0 = none.
  };

  Listen listen;
  Tls tls;
  Auth auth;
  Rate rate;
  Metrics metrics;
  std::vector<BundleRoot> bundles;  // The first is the default of requests.
  std::string device = "cpu";       // cpu or cuda.
  Cuda cuda;
  Decode decode;
  Embed embed;
  Batch batch;
  Index index;
  Lifecycle lifecycle;
  Signature signature;
  Limits limits;
  Deadlines deadlines;
  WatchdogConfig watchdog;
  LogOptions log;
};

// What suits a machine of `cores`, by measurement: as many embed workers and decode threads, one
// numeric thread each, and no waiting for a fuller batch.
ServerConfig DefaultServerConfig(int cores);

// The most that one image within `limits` takes of limits.image_memory_bytes.
int64_t MostImageMemory(const ServerConfig::Limits& limits);

// InvalidArgument: options that contradict each other, or no bundle. The message names both options
// and values: "batch.queue_capacity 8 is below batch.max_size 64". The range of each option alone
// is checked where it is set.
absl::Status Validate(const ServerConfig& config);

}  // namespace lookbook
