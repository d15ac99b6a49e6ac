// Pickles and torch.save archives for tests, opcode by opcode.
#pragma once

#include <caffe2/serialize/inline_container.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace lookbook {

inline std::string Bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out.push_back(static_cast<char>(value));
  return out;
}

// Little-endian.
inline std::string Int32(int64_t value) {
  std::string out;
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
  return out;
}

inline std::string PickleInt(int64_t value) { return absl::StrCat("J", Int32(value)); }
inline std::string PickleText(const std::string& text) {
  return absl::StrCat("X", Int32(static_cast<int64_t>(text.size())), text);
}
inline std::string PickleName(const std::string& module, const std::string& name) {
  return absl::StrCat("c", module, "\n", name, "\n");
}
inline std::string PickleTuple(const std::vector<int64_t>& values) {
  std::string out = "(";
  for (const int64_t value : values) out += PickleInt(value);
  return out + "t";
}

struct PickleTensor {
  std::string type = "FloatStorage";
  std::string key = "0";
  int64_t elements = 6;
  int64_t offset = 0;
  std::vector<int64_t> sizes = {2, 3};
  std::vector<int64_t> strides = {3, 1};
};

inline std::string PickleStorage(const PickleTensor& t) {
  return absl::StrCat("(", PickleText("storage"), PickleName("torch", t.type), PickleText(t.key),
                      PickleText("cpu"), PickleInt(t.elements), "tQ");
}

inline std::string Pickle(const PickleTensor& t) {
  return absl::StrCat(PickleName("torch._utils", "_rebuild_tensor_v2"), "(", PickleStorage(t),
                      PickleInt(t.offset), PickleTuple(t.sizes), PickleTuple(t.strides),
                      Bytes({0x89}), PickleName("collections", "OrderedDict"), ")RtR");
}

// Protocol 2, `value`, stop.
inline std::string WholePickle(const std::string& value) {
  return absl::StrCat(Bytes({0x80, 2}), value, ".");
}

// An OrderedDict of already pickled values.
inline std::string PickleDict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string out = absl::StrCat(PickleName("collections", "OrderedDict"), ")R(");
  for (const auto& [name, value] : items) absl::StrAppend(&out, PickleText(name), value);
  return out + "u";
}

// An archive as torch.save writes it, of these records.
inline std::string Archive(const std::vector<std::pair<std::string, std::string>>& records) {
  std::string bytes;
  caffe2::serialize::PyTorchStreamWriter writer([&bytes](const void* data, size_t size) {
    bytes.append(static_cast<const char*>(data), size);
    return size;
  });
  for (const auto& [name, data] : records) writer.writeRecord(name, data.data(), data.size());
  writer.writeEndOfFile();
  return bytes;
}

}  // namespace lookbook
