// torch::nn module -> TorchScript file, from C++: what the server runs is a trace of what was
// trained.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "models/nn/embedder_net.h"

namespace lookbook {

// Writes a module whose forward(float32[N, 3, H, W]) returns (float32[N, D] unit embeddings,
// float32[N, C] sigmoid scores[, float32[N, A] attribute scores]). Parameters keep their names; the
// graph holds no tensor or device constants; any N works. `net` is put into eval mode on the CPU
// and left so. Internal: torch refused, or the written file does not give bit-equal results at
// batch 1, 3 and 8. Whatever fails, `path` is what it was: the file is written beside it, read back
// and compared before it takes the name.
absl::Status ExportTorchScript(EmbedderNet net, int image_size, const std::string& path);

}  // namespace lookbook
