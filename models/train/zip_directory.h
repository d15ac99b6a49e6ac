// The central directory of a zip archive: what LibTorch's reader of such archives does not tell,
// above all the checksums, which it does not verify.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lookbook {

struct ZipRecord {
  uint16_t method = 0;  // 0 stored, 8 deflated.
  uint32_t crc32 = 0;
  uint64_t size = 0;  // Unpacked.
};

// By name, as the archive states it. Zip and zip64 (PKWARE APPNOTE 6.3.10, sections 4.3.12 to
// 4.3.16). DataLoss: no directory, one that leaves `bytes`, or a name twice.
absl::StatusOr<std::map<std::string, ZipRecord>> ReadZipDirectory(absl::string_view bytes);

}  // namespace lookbook
