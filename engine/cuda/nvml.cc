#include "engine/cuda/nvml.h"

#include <dlfcn.h>

#include <utility>

namespace lookbook {
namespace {

// Of the library's documented, stable interface; its header comes with a CUDA toolkit only.
using Device = struct nvmlDevice_st*;
struct Rates {
  unsigned int gpu, memory;  // Percent.
};
constexpr int kSuccess = 0;

template <typename Call>
bool Find(void* library, const char* name, Call* call) {
  *call = reinterpret_cast<Call>(::dlsym(library, name));
  return *call != nullptr;
}

}  // namespace

struct Nvml::Calls {
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*by_pci_bus_id)(const char*, Device*) = nullptr;
  int (*utilization)(Device, Rates*) = nullptr;
};

Nvml::Nvml(std::unique_ptr<Calls> calls) : calls_(std::move(calls)) {}
Nvml::~Nvml() { calls_->shutdown(); }

std::unique_ptr<Nvml> Nvml::Open() {
  void* library = ::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return nullptr;
  auto calls = std::make_unique<Calls>();
  if (!Find(library, "nvmlInit_v2", &calls->init) ||
      !Find(library, "nvmlShutdown", &calls->shutdown) ||
      !Find(library, "nvmlDeviceGetHandleByPciBusId_v2", &calls->by_pci_bus_id) ||
      !Find(library, "nvmlDeviceGetUtilizationRates", &calls->utilization) ||
      calls->init() != kSuccess) {
    return nullptr;
  }
  return std::unique_ptr<Nvml>(new Nvml(std::move(calls)));
}

double Nvml::Utilization(const std::string& pci_bus_id) const {
  Device device = nullptr;
  Rates rates = {};
  if (calls_->by_pci_bus_id(pci_bus_id.c_str(), &device) != kSuccess) return -1;
  if (calls_->utilization(device, &rates) != kSuccess) return -1;
  return rates.gpu / 100.0;
}

}  // namespace lookbook
