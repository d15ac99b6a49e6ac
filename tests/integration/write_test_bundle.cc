// write_test_bundle ROOT PICTURES: publishes a small bundle into ROOT and writes four pictures into
// PICTURES.
#include <iostream>

#include "absl/strings/str_cat.h"
#include "base/files.h"
#include "tests/support/test_bundle.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: write_test_bundle ROOT PICTURES" << std::endl;
    return 2;
  }
  lookbook::TestBundleOptions options;
  options.items = 100;
  options.dim = 16;
  options.scores_attributes = true;
  const auto bundle = lookbook::WriteTestBundle(argv[1], options);
  absl::Status status = bundle.status();
  status.Update(lookbook::MakeDirectories(argv[2]));
  for (int i = 0; i < 4; ++i) {
    const char* ending = i % 3 == 2 ? ".png" : ".jpg";
    status.Update(lookbook::WriteFile(lookbook::JoinPath(argv[2], absl::StrCat(i, ending)),
                                      lookbook::TestImageFile(i, options.image_size)));
  }
  if (!status.ok()) std::cerr << "write_test_bundle: " << status << std::endl;
  return status.ok() ? 0 : 1;
}
