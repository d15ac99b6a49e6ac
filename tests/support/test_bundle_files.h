// A small bundle without torch: manifest, items and golden cases are real; model and index are
// filler bytes. For whoever reads bundles as files; tests/support/test_bundle.h writes one that a
// server can load.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/bundle/bundle_writer.h"
#include "engine/bundle/golden.h"
#include "engine/bundle/items.h"
#include "engine/bundle/manifest.h"

namespace lookbook {

struct TestBundleOptions {
  int items = 40;
  int dim = 8;
  int classes = 5;
  int attributes = 3;
  bool scores_attributes = false;  // The model has a third output.
  bool calibrated = false;         // The manifest holds MakeTestCalibration().
  float novelty_similarity = 0.25f;
  uint64_t seed = 1;
  int image_size = 16;   // A multiple of 4.
  int golden_cases = 3;  // At most `items`.
  std::string item_prefix = "item-";
  std::string recipe = "test";
  std::string index = "Flat";
  std::string search;                                      // For an approximate index.
  absl::Time created = absl::FromUnixSeconds(1795428900);  // 2026-11-23T10:15:00Z
  bool activate = true;
};

struct TestBundle {
  std::string root;
  std::string id;
  std::string directory;
  Manifest manifest;                    // As published.
  std::vector<Item> items;              // By row.
  std::vector<std::string> thumbnails;  // By row.
  std::vector<float> vectors;           // float32[items, dim]: what the index stores.
  std::vector<GoldenCase> golden;       // Case i shows item i: its embedding is row i of `vectors`.
};

// Ids that are not indexes: class i of the manifest has id 3 i + 1, attribute i has id 5 i + 2.
uint32_t TestClassId(int index);
uint32_t TestAttributeId(int index);

// `rows` random unit vectors, float32[rows, dim].
std::vector<float> RandomUnitVectors(int rows, int dim, std::mt19937_64* random);

// Item i is called "item-i", or what `item_prefix` says, and has one to three classes and up to two attributes.
std::vector<Item> MakeTestItems(const TestBundleOptions& options);

// A manifest that lacks only what BundleWriter fills in.
Manifest MakeTestManifest(const TestBundleOptions& options);

// The best rows of `vectors` for `query`, by a plain loop; ties by lower row.
std::vector<GoldenNeighbor> TestNeighbors(const std::vector<Item>& items,
                                          const std::vector<float>& vectors,
                                          const std::vector<float>& query, int top);

// Writes items.sqlite into `directory`.
absl::Status WriteTestItems(const std::string& directory, const std::vector<Item>& items,
                            const std::vector<std::string>& thumbnails);

// Writes items.sqlite and golden/, publishes what `writer` holds and fills the rest of `bundle`,
// whose items, thumbnails, vectors and golden cases are given.
absl::Status PublishTestBundle(const TestBundleOptions& options, BundleWriter* writer,
                               TestBundle* bundle);

// Publishes a bundle with filler for model, index and pictures into <root>.
absl::StatusOr<TestBundle> WriteTestBundleFiles(const std::string& root,
                                                const TestBundleOptions& options = {});

}  // namespace lookbook
