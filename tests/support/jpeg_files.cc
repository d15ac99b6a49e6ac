#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>

#include "engine/image/libjpeg.h"
#include "tests/support/image_files.h"

namespace lookbook {
namespace {

[[noreturn]] void ThrowMessage(j_common_ptr info) {
  char message[JMSG_LENGTH_MAX];
  info->err->format_message(info, message);
  throw std::runtime_error(message);
}

bool IsCmyk(JpegColor color) {
  return color == JpegColor::kCmyk || color == JpegColor::kYcck || color == JpegColor::kPlainCmyk;
}

// The pixels as libjpeg wants them: RGB, grey, or the inks of CMYK with the most black that they
// allow.
std::vector<uint8_t> Samples(const Image& image, JpegColor color) {
  if (color == JpegColor::kYcc || color == JpegColor::kRgb) return image.rgb;
  std::vector<uint8_t> samples;
  for (size_t i = 0; i < image.rgb.size(); i += 3) {
    const int r = image.rgb[i], g = image.rgb[i + 1], b = image.rgb[i + 2];
    if (color == JpegColor::kGrey) {
      samples.push_back(static_cast<uint8_t>((r + g + b) / 3));
      continue;
    }
    const int light = std::max({r, g, b, 1});
    const uint8_t flip = color == JpegColor::kPlainCmyk ? 255 : 0;
    for (const int sample : {r, g, b}) {
      samples.push_back(static_cast<uint8_t>((sample * 255 + light / 2) / light) ^ flip);
    }
    samples.push_back(static_cast<uint8_t>(light) ^ flip);
  }
  return samples;
}

jpeg_scan_info Scan(std::vector<int> components, int first, int last, int high, int low) {
  jpeg_scan_info scan = {};
  scan.comps_in_scan = static_cast<int>(components.size());
  std::copy(components.begin(), components.end(), scan.component_index);
  scan.Ss = first, scan.Se = last, scan.Ah = high, scan.Al = low;
  return scan;
}

// Exactly `count` scans that send everything once: one for DC, the AC coefficients of each
// component in bands, and when single coefficients are not bands enough, refinements bit by bit.
std::vector<jpeg_scan_info> ManyScans(int count, int components) {
  std::vector<jpeg_scan_info> scans;
  std::vector<int> all;
  for (int c = 0; c < components; ++c) all.push_back(c);
  scans.push_back(Scan(all, 0, 0, 0, 0));
  const int bands = std::min(count - 1, 63 * components);
  int refinements = count - 1 - bands;
  for (int c = 0; c < components; ++c) {
    const int own = bands / components + (c < bands % components ? 1 : 0);
    for (int b = 0; b < own; ++b) {
      const int first = 1 + 63 * b / own, last = 63 * (b + 1) / own;
      const int steps = std::min(refinements, 10);
      refinements -= steps;
      scans.push_back(Scan({c}, first, last, 0, steps));
      for (int low = steps - 1; low >= 0; --low)
        scans.push_back(Scan({c}, first, last, low + 1, low));
    }
  }
  return scans;
}

void SetColor(jpeg_compress_struct* info, JpegColor color) {
  info->input_components = IsCmyk(color) ? 4 : color == JpegColor::kGrey ? 1 : 3;
  info->in_color_space = IsCmyk(color)               ? JCS_CMYK
                         : color == JpegColor::kGrey ? JCS_GRAYSCALE
                                                     : JCS_RGB;
  jpeg_set_defaults(info);
  if (color == JpegColor::kRgb) jpeg_set_colorspace(info, JCS_RGB);
  if (color == JpegColor::kYcck) jpeg_set_colorspace(info, JCS_YCCK);
  if (color == JpegColor::kPlainCmyk) info->write_Adobe_marker = FALSE;
}

void SetSampling(jpeg_compress_struct* info, const JpegFileOptions& options) {
  if (options.color != JpegColor::kYcc && options.color != JpegColor::kYcck) return;
  for (int c = 0; c < info->num_components; ++c) {
    const bool full = c == 0 || c == 3;
    info->comp_info[c].h_samp_factor = full ? options.luma_width : 1;
    info->comp_info[c].v_samp_factor = full ? options.luma_height : 1;
  }
}

// Fills `scans`, to which libjpeg then points.
void SetScans(jpeg_compress_struct* info, const JpegFileOptions& options,
              std::vector<jpeg_scan_info>* scans) {
  if (options.scans > 0) {
    *scans = ManyScans(options.scans, info->num_components);
  } else if (options.progressive) {
    jpeg_simple_progression(info);
  } else if (!options.interleaved) {
    for (int c = 0; c < info->num_components; ++c) scans->push_back(Scan({c}, 0, 63, 0, 0));
  }
  if (scans->empty()) return;
  info->scan_info = scans->data();
  info->num_scans = static_cast<int>(scans->size());
}

}  // namespace

std::string MakeJpeg(const Image& image, const JpegFileOptions& options) {
  const std::vector<uint8_t> samples = Samples(image, options.color);
  std::vector<jpeg_scan_info> scans;
  jpeg_compress_struct info = {};
  jpeg_error_mgr errors = {};
  info.err = jpeg_std_error(&errors);
  errors.error_exit = &ThrowMessage;
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  SetColor(&info, options.color);
  SetSampling(&info, options);
  SetScans(&info, options, &scans);
  info.arith_code = options.arithmetic ? TRUE : FALSE;
  info.restart_interval = static_cast<unsigned>(options.restart_interval);
  jpeg_set_quality(&info, options.quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  if (!options.exif.empty()) {
    const std::string segment = std::string("Exif\0\0", 6) + options.exif;
    jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(segment.data()),
                      static_cast<unsigned>(segment.size()));
  }
  const size_t row_bytes = samples.size() / image.height;
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<uint8_t*>(samples.data()) + row_bytes * info.next_scanline;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string file(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);
  return file;
}

std::string ExifOrientation(int orientation, bool big_endian) {
  std::string tiff = big_endian ? "MM" : "II";
  const auto put = [&](uint32_t value, int size) {
    for (int i = 0; i < size; ++i) {
      tiff.push_back(static_cast<char>(value >> 8 * (big_endian ? size - 1 - i : i)));
    }
  };
  put(42, 2), put(8, 4);                                                 // Magic, first directory.
  put(2, 2);                                                             // Two entries:
  put(0x0103, 2), put(3, 2), put(1, 4), put(6, 2), put(0, 2);            // Compression: JPEG.
  put(0x0112, 2), put(3, 2), put(1, 4), put(orientation, 2), put(0, 2);  // Orientation.
  put(0, 4);                                                             // No further directory.
  return tiff;
}

std::string JpegWithOrientation(const Image& image, int orientation) {
  JpegFileOptions options;
  options.exif = ExifOrientation(orientation);
  return MakeJpeg(image, options);
}

size_t FindJpegMarker(absl::string_view jpeg, uint8_t code) {
  for (size_t pos = 2; pos + 3 < jpeg.size();) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(jpeg[pos + i]); };
    if (byte(1) == code) return pos;
    pos += 2 + (byte(2) << 8 | byte(3));
  }
  throw std::runtime_error("the JPEG has no such marker");
}

std::string WithJpegSize(std::string jpeg, int width, int height) {
  for (const uint8_t process : {0xC0, 0xC1, 0xC2}) {
    size_t pos = 0;
    try {
      pos = FindJpegMarker(jpeg, process) + 5;
    } catch (const std::runtime_error&) {
      continue;
    }
    for (const int value : {height, width}) {
      jpeg[pos++] = static_cast<char>(value >> 8);
      jpeg[pos++] = static_cast<char>(value);
    }
    return jpeg;
  }
  throw std::runtime_error("the JPEG has no frame header");
}

std::string WithoutEoi(std::string jpeg) {
  if (jpeg.size() < 2 || jpeg.substr(jpeg.size() - 2) != "\xFF\xD9")
    throw std::runtime_error("no EOI to drop");
  jpeg.resize(jpeg.size() - 2);
  return jpeg;
}

std::string Cut(absl::string_view file, double percent) {
  return std::string(file.substr(0, static_cast<size_t>(file.size() * percent / 100)));
}

}  // namespace lookbook
