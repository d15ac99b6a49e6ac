// The central directory of a weights archive.
#include "models/train/zip_directory.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto records = lookbook::ReadZipDirectory(lookbook::AsText(data, size));
  if (!records.ok()) {
    lookbook::RequireCode(records.status(), absl::StatusCode::kDataLoss);
    return 0;
  }
  lookbook::Require(46 * records->size() <= size, "each record has its entry in the file");
  for (const auto& [name, record] : *records) {
    lookbook::Require(name.size() <= size, "a name lies in the file");
  }
  return 0;
}
