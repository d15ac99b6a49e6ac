// fuzz_seeds CORPUS: writes the seeds into CORPUS/TARGET/NAME. Other files
// stay.
#include <cstdio>
#include <exception>

#include "base/files.h"
#include "base/status_macros.h"
#include "tests/fuzz/seeds/seeds.h"

namespace lookbook {
namespace {

absl::Status WriteSeeds(const std::string& corpus, const Seeds& seeds) {
  for (const Seed& seed : seeds) {
    const std::string folder = JoinPath(corpus, seed.target);
    LB_RETURN_IF_ERROR(MakeDirectories(folder));
    LB_RETURN_IF_ERROR(WriteFile(JoinPath(folder, seed.name), seed.bytes));
  }
  return absl::OkStatus();
}

int Run(const std::string& corpus) {
  Seeds seeds;
  AddPictureSeeds(&seeds);
  const absl::Status status = WriteSeeds(corpus, seeds);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace lookbook

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "Usage: %s CORPUS\n", argv[0]);
    return 2;
  }
  try {
    return lookbook::Run(argv[1]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
    return 1;
  }
}
