// The label file of a data set.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "models/dataset/label_csv.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/input_file.h"

namespace lookbook {
namespace {

// Rows and malformed lines come in the order of the file.
class Lines {
 public:
  void Add(int64_t line) {
    Require(line > last_, "lines come in their order, each once");
    last_ = line;
  }

 private:
  int64_t last_ = 1;  // The header.
};

LabelCsvHandlers Handlers(Lines* lines) {
  LabelCsvHandlers handlers;
  handlers.row = [lines](const LabelRow& row) {
    lines->Add(row.line);
    for (const absl::string_view cell : {row.image_id, row.class_id, row.attributes_ids,
                                         row.encoded_pixels, row.height, row.width}) {
      Require(cell.find('\n') == absl::string_view::npos, "a cell lies within its line");
    }
  };
  handlers.malformed = [lines](int64_t line, absl::string_view why) {
    lines->Add(line);
    Require(!why.empty(), "a malformed line is explained");
  };
  handlers.odd = [](int64_t line, absl::string_view what, absl::string_view why) {
    Require(line == 1 && !what.empty() && !why.empty(), "what is odd is said of the header");
  };
  return handlers;
}

void Check(absl::string_view text) {
  static auto* const file = new InputFile;
  file->Set(text);
  Lines lines;
  Sha256 hash;
  const absl::Status status = ReadLabelCsv(file->path(), &hash, Handlers(&lines));
  if (!status.ok()) return RequireCode(status, absl::StatusCode::kInvalidArgument);
  Require(hash.HexDigest() == Sha256Hex(text), "every byte goes into the hash");
}

}  // namespace
}  // namespace lookbook

// The CSV library reads into a block of 48 MiB, of which an input fills a few kilobytes.
// AddressSanitizer would mark all of it, twice for each input, which takes it a hundred times as
// long as the reader: one block is kept, and what an input can reach of it is marked.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>

namespace {

constexpr size_t kBlockBytes = size_t{3} << 24;
constexpr size_t kReachedBytes = 64 << 10;
void* block = nullptr;
bool block_is_free = false;

}  // namespace

void* operator new[](size_t size) {
  if (size == kBlockBytes && block_is_free) {
    block_is_free = false;
    ASAN_UNPOISON_MEMORY_REGION(block, kReachedBytes);
    return block;
  }
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  if (size == kBlockBytes && block == nullptr) block = memory;
  return memory;
}

void operator delete[](void* memory) noexcept {
  if (memory == nullptr || memory != block) return std::free(memory);
  ASAN_POISON_MEMORY_REGION(block, kReachedBytes);
  block_is_free = true;
}

void operator delete[](void* memory, size_t) noexcept { operator delete[](memory); }
#endif
#endif

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lookbook::Check(lookbook::AsText(data, size));
  return 0;
}
