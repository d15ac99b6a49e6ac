#include "engine/image/jpeg_reader.h"

#include <jerror.h>

namespace lookbook {
namespace {

// Progressive files keep all coefficients, two bytes each: 400 MB for 50 megapixels of CMYK.
// libjpeg has no limit of its own; files that would pass this one have absurd sampling factors.
constexpr long kMaxMemory = 512L << 20;

}  // namespace

JpegReader::JpegReader(absl::string_view bytes, int max_scans)
    : bytes_(bytes), max_scans_(max_scans) {
  info_.err = jpeg_std_error(&errors_);
  info_.client_data = this;
  errors_.error_exit = &JpegReader::OnError;
  errors_.emit_message = &JpegReader::OnMessage;
  progress_.progress_monitor = &JpegReader::OnProgress;
}

JpegReader::~JpegReader() { jpeg_destroy_decompress(&info_); }

template <typename Step>
JpegFault JpegReader::Guard(Step step) {
  if (setjmp(jump_) != 0) return fault_;
  step();
  return JpegFault::kNone;
}

JpegFault JpegReader::ReadHeader() {
  return Guard([this] {
    jpeg_create_decompress(&info_);  // Keeps `err` and `client_data`, clears the rest.
    info_.mem->max_memory_to_use = kMaxMemory;
    info_.progress = &progress_;
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    jpeg_read_header(&info_, TRUE);
  });
}

JpegFault JpegReader::Start(int denominator) {
  return Guard([this, denominator] {
    info_.scale_num = 1;
    info_.scale_denom = static_cast<unsigned>(denominator);
    info_.out_color_space = info_.num_components == 4 ? JCS_CMYK : JCS_RGB;
    // Smoothing guesses what later scans would bring; whole files have none to come.
    info_.do_block_smoothing = FALSE;
    jpeg_start_decompress(&info_);
  });
}

JpegFault JpegReader::ReadRows(uint8_t* out, int rows) {
  return Guard([this, out, rows] {
    for (int done = 0; done < rows;) {
      JSAMPROW row = out + done * row_bytes();
      done += static_cast<int>(jpeg_read_scanlines(&info_, &row, 1));
    }
  });
}

JpegFault JpegReader::Finish() {
  return Guard([this] { jpeg_finish_decompress(&info_); });
}

void JpegReader::Leave(JpegFault fault) {
  fault_ = fault;
  if (message_[0] == '\0') errors_.format_message(reinterpret_cast<j_common_ptr>(&info_), message_);
  longjmp(jump_, 1);
}

JpegFault JpegReader::ClassifyError() const {
  switch (errors_.msg_code) {
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE:
      return JpegFault::kOutOfMemory;
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_ARITH_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_COMPONENT_COUNT:
    case JERR_SOF_UNSUPPORTED:
      return JpegFault::kUnsupported;
    default:
      return ran_out_ ? JpegFault::kTruncated : JpegFault::kCorrupt;
  }
}

void JpegReader::OnError(j_common_ptr info) {
  auto* reader = static_cast<JpegReader*>(info->client_data);
  reader->Leave(reader->ClassifyError());
}

void JpegReader::OnMessage(j_common_ptr info, int level) {
  if (level >= 0) return;  // A trace.
  auto* reader = static_cast<JpegReader*>(info->client_data);
  switch (reader->errors_.msg_code) {
    case JWRN_JPEG_EOF:
      reader->ran_out_ = true;
      return;
    case JWRN_JFIF_MAJOR:  // Says nothing about the pixels.
      return;
    default:
      reader->Leave(reader->ran_out_ ? JpegFault::kTruncated : JpegFault::kCorrupt);
  }
}

void JpegReader::OnProgress(j_common_ptr info) {
  auto* reader = static_cast<JpegReader*>(info->client_data);
  if (reader->info_.input_scan_number <= reader->max_scans_) return;
  std::snprintf(reader->message_, sizeof(reader->message_), "more than %d scans",
                reader->max_scans_);
  reader->Leave(JpegFault::kTooManyScans);
}

}  // namespace lookbook
