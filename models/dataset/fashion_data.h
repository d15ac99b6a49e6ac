// A labelled image set in memory: names and labels, no pixels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "models/dataset/data_issues.h"

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
  int64_t line = 0;  // Of its first row in the CSV; 0 = not from a CSV.
  int width = 0;     // As the CSV says; 0 = it does not.
  int height = 0;
};

struct FashionData {
  LabelSpace labels;
  std::vector<ImageRecord> images;  // Sorted by id.
  std::string sha256;  // Of the CSV's bytes followed by those of label_descriptions.json.
  int64_t rows = 0;    // Segments, those left out included.
  std::vector<int64_t> class_rows;  // Per class column: segments that were kept.
  std::vector<DataIssue> issues;
};

// Reads `<root>/<csv>` in the 2019 (`cls_attr_attr` in ClassId) or 2020 (AttributesIds)
// iMaterialist form and
// `<root>/label_descriptions.json`; images are looked for in
// `<root>/<image_folder>/<ImageId>[.jpg]`.
//
// Rows are segments: an image's classes and attributes are the union over its rows. Everything odd
// is counted in `issues`:
//   left out     "malformed row" · "unknown class id" · "unknown attribute id" (that attribute
//                alone) · "duplicate row" (same image, labels and mask, or no mask) · "missing
//                image file" · "empty image file" (no bytes)
//   kept         "bad mask" (EncodedPixels is no run-length code or leaves Height × Width) ·
//                "image size differs" (from an earlier row's) · "duplicate image id" (it comes
//                back after other images' rows) · "byte order mark" · "CRLF line ends" ·
//                "column order"
// A mask is checked, not kept: labels are all that training needs.
//
// NotFound: the CSV, label_descriptions.json or the image folder is missing. InvalidArgument: the
// header row is neither form, label_descriptions.json is not what it should be, or no row is
// usable.
absl::StatusOr<FashionData> ReadImaterialist(const std::string& root, const std::string& csv,
                                             const std::string& image_folder);

}  // namespace lookbook
