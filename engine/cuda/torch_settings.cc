#include "engine/cuda/torch_settings.h"

#include <ATen/Context.h>

#include <mutex>

namespace lookbook {

void ConfigureTorchOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    at::Context& torch = at::globalContext();
    torch.setBenchmarkCuDNN(true);
    torch.setAllowTF32CuDNN(false);
    torch.setAllowTF32CuBLAS(false);
    torch.setAllowFP16ReductionCuBLAS(false);
  });
}

}  // namespace lookbook
