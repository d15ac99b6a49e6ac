// Weights to start from: another program's file, or another run's, into a network by tensor name.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "models/nn/embedder_net.h"
#include "models/train/init_report.h"

namespace lookbook {

// Reads `path` and copies what fits into `net`, whose training mode, layout and gradients stay as
// they are. The kind of file is told by its content:
//   - a state dict saved by Python's torch.save (a zip archive, torch >= 1.6),
//   - safetensors,
//   - TorchScript, so also the model.ts of a bundle (whose hash the caller has checked),
//   - our own weights.pt.
// A tensor outside the backbone (classifier, heads, embedding) that the file lacks or has in
// another shape is `missing`; that tensor of the file is `left_over`. Of the backbone only
// num_batches_tracked may be missing, as in torchvision's oldest files; it becomes 0. Floating
// types are converted to the network's.
//
// On an error `net` is unchanged. NotFound: no such file. InvalidArgument: a pickled module, a file
// of torch < 1.6 or another format that is not read; the message names scripts/convert_weights.py.
// FailedPrecondition: backbone tensors missing or of another shape; says how many and the first.
// DataLoss: damaged, or a value is not finite. ResourceExhausted: larger than 8 GiB.
absl::StatusOr<InitReport> LoadInitialWeights(const std::string& path, EmbedderNet net);

}  // namespace lookbook
