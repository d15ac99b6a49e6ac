// What NVIDIA's management library says of a device; the driver brings it.
#pragma once

#include <memory>
#include <string>

namespace lookbook {

// Thread-safe.
class Nvml {
 public:
  // Null where the library is not on this machine or cannot be used.
  static std::unique_ptr<Nvml> Open();
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  // Share of the last sampling period in which a kernel ran, 0 to 1, of the device with this PCI
  // bus id ("0000:3b:00.0"); -1: unknown.
  double Utilization(const std::string& pci_bus_id) const;

 private:
  struct Calls;
  explicit Nvml(std::unique_ptr<Calls> calls);
  const std::unique_ptr<Calls> calls_;
};

}  // namespace lookbook
