// libjpeg-turbo behind a wall: its errors leave by longjmp, so this class and its .cc hold no
// object with a destructor that a jump could skip. Internal to engine/image.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "engine/image/libjpeg.h"

namespace lookbook {

enum class JpegFault { kNone, kCorrupt, kTruncated, kTooManyScans, kUnsupported, kOutOfMemory };

// One decode: ReadHeader(), Start(), ReadRows() until the last row, Finish(); each at most once
// after the one before it returned kNone. After a fault only message() and the destructor may be
// called. Not thread-safe.
//
// The first complaint of the library decides. One about the pixels while there is data left means
// kCorrupt. Having come to the end of the data is in itself no fault (ran_out()): all there is to
// read may have been read. A complaint after that means kTruncated. "Premature end of data segment"
// (JWRN_HIT_MARKER) is what tells a cut from a missing end marker, but only by this order: in front
// of the end it means damaged data.
class JpegReader {
 public:
  // `bytes` must outlive the reader. A scan beyond `max_scans` is kTooManyScans.
  JpegReader(absl::string_view bytes, int max_scans);
  ~JpegReader();
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  JpegFault ReadHeader();

  // Begins decoding at 1/`denominator` (1, 2, 4 or 8) of the size.
  JpegFault Start(int denominator);

  // Decodes the next `rows` rows into `out`, rows × row_bytes() bytes.
  // REQUIRES: there are as many left.
  JpegFault ReadRows(uint8_t* out, int rows);

  // Reads on to the end marker.
  JpegFault Finish();

  int width() const { return static_cast<int>(info_.output_width); }  // After Start().
  int height() const { return static_cast<int>(info_.output_height); }
  int channels() const { return info_.output_components; }  // 3: RGB. 4: CMYK.
  size_t row_bytes() const { return size_t{info_.output_width} * info_.output_components; }
  // Adobe's files store the ink of CMYK inverted: 0 is full ink.
  bool inverted_ink() const { return info_.saw_Adobe_marker; }
  bool ran_out() const { return ran_out_; }
  const char* message() const { return message_; }

 private:
  static void OnError(j_common_ptr info);               // Noreturn.
  static void OnMessage(j_common_ptr info, int level);  // Level -1: a warning.
  static void OnProgress(j_common_ptr info);
  [[noreturn]] void Leave(JpegFault fault);
  JpegFault ClassifyError() const;

  // Runs `step` and returns the fault that it left with.
  template <typename Step>
  JpegFault Guard(Step step);

  const absl::string_view bytes_;
  const int max_scans_;
  jpeg_decompress_struct info_ = {};
  jpeg_error_mgr errors_ = {};
  jpeg_progress_mgr progress_ = {};
  jmp_buf jump_;
  bool ran_out_ = false;
  JpegFault fault_ = JpegFault::kNone;
  char message_[JMSG_LENGTH_MAX] = "";
};

}  // namespace lookbook
