// A labelled image set in memory: names and labels, no pixels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace lookbook {

struct Label {
  uint32_t id = 0;  // As in label_descriptions.json and the CSV.
  std::string name;
  std::string supercategory;
};

// Column j of a target matrix is classes[j]; likewise for attributes.
struct LabelSpace {
  std::vector<Label> classes;
  std::vector<Label> attributes;
};

struct ImageRecord {
  std::string id;               // ImageId of the CSV, without ".jpg".
  std::string path;             // File to read.
  std::vector<int> classes;     // Columns (not ids), ascending, distinct.
  std::vector<int> attributes;  // Columns, ascending, distinct.
  // True when at least one of the image's rows carries an attribute: then what is not listed is
  // absent. False: the set says nothing about its attributes (2019: four images in five; 2020: only
  // parts without attributes are seen).
  bool attributes_known = false;
};

// What a reader skipped or found odd; each with a count and the first few places.
struct DataIssue {
  std::string
      what;  // "malformed row", "unknown class id", "unknown attribute id", "missing image file"
  int64_t count = 0;
  std::vector<std::string> examples;  // At most 5, "train.csv:17: …".
};

struct FashionData {
  LabelSpace labels;
  std::vector<ImageRecord> images;  // Sorted by id.
  std::string sha256;  // Of the CSV's bytes followed by those of label_descriptions.json.
  std::vector<DataIssue> issues;
};

// Reads `<root>/<csv>` in the 2019 (`cls_attr_attr` in ClassId) or 2020 (AttributesIds)
// iMaterialist form and
// `<root>/label_descriptions.json`; images are looked for in
// `<root>/<image_folder>/<ImageId>[.jpg]`.
//
// Rows are segments: an image's classes and attributes are the union over its rows. A malformed
// row, a row of an unknown class and an image without a file are left out, an unknown attribute is
// dropped; all are counted in `issues`. The masks (EncodedPixels) are not looked at.
//
// NotFound: the CSV, label_descriptions.json or the image folder is missing. InvalidArgument: the
// header row is neither form, label_descriptions.json is not what it should be, or no row is
// usable.
absl::StatusOr<FashionData> ReadImaterialist(const std::string& root, const std::string& csv,
                                             const std::string& image_folder);

}  // namespace lookbook
