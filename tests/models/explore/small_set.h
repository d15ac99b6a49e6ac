// A small labelled set on disk for the tests of models/explore.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "engine/image/encode.h"
#include "tests/models/dataset/test_folder.h"
#include "tests/models/dataset/test_images.h"

namespace lookbook {

// Three classes (ids 6, 0, 13), two attributes. Labelled: a 40×30 {pants, shirt}, b 40×30 {pants},
// c 200×100 {glasses}, d 40×30 {pants, shirt}, which looks like a. In test/: u1 like c at another
// size, u2. In train/ but in no row: extra.jpg.
class SmallSet : public TestFolder {
 public:
  SmallSet() {
    MakeFolder("train");
    MakeFolder("test");
    Write("label_descriptions.json", R"({
      "categories": [{"id": 6, "name": "pants"}, {"id": 0, "name": "shirt"}, {"id": 13, "name": "glasses"}],
      "attributes": [{"id": 2, "name": "plain"}, {"id": 5, "name": "dotted"}]})");
    WriteImage("train/a.jpg", 40, 30, 1);
    WriteImage("train/b.jpg", 40, 30, 2);
    WriteImage("train/c.jpg", 200, 100, 3);
    WriteImage("train/d.jpg", 40, 30, 1);
    WriteImage("train/extra.jpg", 40, 30, 5);
    WriteImage("test/u1.jpg", 400, 200, 3);
    WriteImage("test/u2.jpg", 40, 30, 6);
    WriteRows(Rows());
  }

  static std::string Rows() {
    return "a,1 300,30,40,6,2\n"
           "a,601 300,30,40,0,\n"
           "b,1 30,30,40,6,\"2,5\"\n"
           "c,5001 5000,100,200,13,\n"
           "d,1 300,30,40,6,\n"
           "d,601 30,30,40,0,\n";
  }
  void WriteRows(absl::string_view rows, const std::string& csv = "train.csv") {
    Write(csv, absl::StrCat("ImageId,EncodedPixels,Height,Width,ClassId,AttributesIds\n", rows));
  }
  void WriteImage(const std::string& name, int width, int height, uint64_t seed) {
    Write(name, *EncodeJpeg(WavyImage(width, height, seed), 90));
  }
};

}  // namespace lookbook
