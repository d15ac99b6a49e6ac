// A small bundle that a server can load: a tiny TorchScript model, a FAISS index, items and golden
// cases, in well under a second and without a trainer.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/bundle/bundle_writer.h"
#include "tests/support/test_bundle_files.h"

namespace lookbook {

// The model of a test bundle: random projections of the input pixels, so that every pixel, channel
// and position counts. embedding = unit(x E), scores = sigmoid(x S), with x = float32[3 size²] and
// weights drawn from the seed.
class TestModel {
 public:
  explicit TestModel(const TestBundleOptions& options);

  // As TorchScript, in the form of a bundle's model.ts.
  void Save(const std::string& path) const;

  struct Answer {
    std::vector<float> embedding, scores, attribute_scores;
  };
  // The same in plain loops and double precision: what the model must answer for a preprocessed
  // image.
  Answer Evaluate(const std::vector<float>& tensor) const;

 private:
  TestBundleOptions options_;
  int inputs_;
  std::vector<float> embedding_, classes_, attributes_;  // float32[inputs, outputs] each.
};

// Pictures that need every step of preprocessing: index 0, 3, 6, … is a JPEG large enough for a
// scaled decode, 1, 4, … one that lies on its side by EXIF, 2, 5, … a PNG. All differ.
std::string TestImageFile(int index, int image_size);

// Publishes a bundle into <root>. Golden case i is TestImageFile(i, image_size) and shows item i,
// so a search with that file finds "item-i" first, with similarity 1 (0.99 where the index rounds).
// Thumbnails are JPEGs.
absl::StatusOr<TestBundle> WriteTestBundle(const std::string& root,
                                           const TestBundleOptions& options = {});

}  // namespace lookbook
