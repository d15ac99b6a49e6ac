#include "engine/image/encode.h"

#include <csetjmp>
#include <cstddef>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "base/exception_fence.h"
#include "base/status_macros.h"
#include "engine/image/libjpeg.h"

namespace lookbook {
namespace {

// Plain data: libjpeg's errors leave by longjmp past it.
struct Encoder {
  jpeg_compress_struct info = {};
  jpeg_error_mgr errors = {};
  jmp_buf jump;
  unsigned char* bytes = nullptr;  // Where libjpeg writes.
  unsigned long size = 0;
  char message[JMSG_LENGTH_MAX] = "";
};

void OnError(j_common_ptr info) {
  auto* encoder = static_cast<Encoder*>(info->client_data);
  encoder->errors.format_message(info, encoder->message);
  longjmp(encoder->jump, 1);
}

// False: it failed, and `message` says why.
bool Compress(const uint8_t* rgb, int width, int height, int quality, Encoder* encoder) {
  jpeg_compress_struct* info = &encoder->info;
  info->err = jpeg_std_error(&encoder->errors);
  info->client_data = encoder;
  encoder->errors.error_exit = &OnError;
  if (setjmp(encoder->jump) != 0) return false;
  jpeg_create_compress(info);
  jpeg_mem_dest(info, &encoder->bytes, &encoder->size);
  info->image_width = static_cast<JDIMENSION>(width);
  info->image_height = static_cast<JDIMENSION>(height);
  info->input_components = 3;
  info->in_color_space = JCS_RGB;
  jpeg_set_defaults(info);
  jpeg_set_quality(info, quality, TRUE);
  jpeg_start_compress(info, TRUE);
  while (info->next_scanline < info->image_height) {
    auto* row = const_cast<uint8_t*>(rgb) + size_t{3} * width * info->next_scanline;
    jpeg_write_scanlines(info, &row, 1);
  }
  jpeg_finish_compress(info);
  return true;
}

// No 4:2:0 JPEG is larger (TurboJPEG's bound: 3 bytes a pixel of whole 16 × 16 blocks, and
// headers), so libjpeg never replaces the buffer by one of its own, which an error would leave
// behind.
size_t MaxBytes(const Image& image) {
  const auto whole = [](int side) { return (size_t(side) + 15) / 16 * 16; };
  return 3 * whole(image.width) * whole(image.height) + 2048;
}

absl::Status Check(const Image& image, int quality) {
  if (image.width < 1 || image.height < 1 || image.width > JPEG_MAX_DIMENSION ||
      image.height > JPEG_MAX_DIMENSION ||
      image.rgb.size() != size_t{3} * image.width * image.height) {
    return absl::InvalidArgumentError(absl::StrCat("an image of ", image.width, "x", image.height,
                                                   " with ", image.rgb.size(),
                                                   " bytes cannot be a JPEG"));
  }
  if (quality < 1 || quality > 100) {
    return absl::InvalidArgumentError(absl::StrCat("JPEG quality ", quality, " is not in 1..100"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Encode(const Image& image, int quality) {
  std::string file(MaxBytes(image), '\0');
  auto* const buffer = reinterpret_cast<unsigned char*>(file.data());
  Encoder encoder;
  encoder.bytes = buffer;
  encoder.size = file.size();
  const bool done = Compress(image.rgb.data(), image.width, image.height, quality, &encoder);
  jpeg_destroy_compress(&encoder.info);
  if (!done) return absl::ResourceExhaustedError(absl::StrCat("writing a JPEG: ", encoder.message));
  if (encoder.bytes != buffer) {
    std::free(encoder.bytes);
    return absl::InternalError(absl::StrCat("writing a JPEG: it outgrew ", file.size(), " bytes"));
  }
  file.resize(encoder.size);
  return file;
}

}  // namespace

absl::StatusOr<std::string> EncodeJpeg(const Image& image, int quality) {
  LB_RETURN_IF_ERROR(Check(image, quality));
  return CatchToStatus("writing a JPEG", [&] { return Encode(image, quality); });
}

}  // namespace lookbook
