// What lookbook_cuda.so shows: cuda_plugin.h's entry and nothing else.
#include <string>

#include "base/version.h"
#include "engine/cuda/cuda_backend.h"
#include "engine/device/cuda_plugin.h"

extern "C" __attribute__((visibility("default")))
const lookbook::CudaPluginEntry lookbook_cuda_plugin;
const lookbook::CudaPluginEntry lookbook_cuda_plugin = {
    .build = lookbook::GitCommit().data(),  // A literal's, so it ends.
    .open = &lookbook::MakeCudaBackend,
};
