// Just enough of HTTP/2 to break its rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/support/tcp_client.h"

namespace lookbook {

struct Http2Frame {
  enum Type { kData = 0, kHeaders = 1, kRstStream = 3, kSettings = 4, kPing = 6, kGoAway = 7 };
  enum Flags { kEndStream = 1, kAck = 1, kEndHeaders = 4 };
  int type = 0;
  int flags = 0;
  uint32_t stream = 0;
  std::string payload;
};

inline std::string BigEndian(uint32_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    text.push_back(static_cast<char>(value >> shift));
  return text;
}

inline std::string BytesOf(const Http2Frame& frame) {
  return absl::StrCat(BigEndian(static_cast<uint32_t>(frame.payload.size()), 3),
                      BigEndian(static_cast<uint32_t>(frame.type), 1),
                      BigEndian(static_cast<uint32_t>(frame.flags), 1), BigEndian(frame.stream, 4),
                      frame.payload);
}

inline constexpr absl::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// What a client must say first: the preface and its settings, here none.
inline std::string Http2Greeting() {
  return absl::StrCat(kHttp2Preface, BytesOf({.type = Http2Frame::kSettings}));
}

// The next frame; nullopt: the other side has closed, or `most` is over.
inline std::optional<Http2Frame> ReadFrame(TcpClient* client, absl::Duration most) {
  constexpr size_t kHeader = 9;
  const std::string header = client->Receive(kHeader, most);
  if (header.size() < kHeader) return std::nullopt;
  const auto byte = [&](size_t i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(header[i]));
  };
  Http2Frame frame;
  frame.type = static_cast<int>(byte(3));
  frame.flags = static_cast<int>(byte(4));
  frame.stream = byte(5) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8);
  const size_t size = byte(0) << 16 | byte(1) << 8 | byte(2);
  frame.payload = client->Receive(size, most);
  if (frame.payload.size() < size) return std::nullopt;
  return frame;
}

// The next frame of this type; others are passed over.
inline std::optional<Http2Frame> AwaitFrame(TcpClient* client, Http2Frame::Type type,
                                            absl::Duration most) {
  std::optional<Http2Frame> frame;
  do {
    frame = ReadFrame(client, most);
  } while (frame && frame->type != type);
  return frame;
}

using Http2Headers = std::vector<std::pair<std::string, std::string>>;

// Each header as it is, without a table or Huffman's code.
inline std::string HeaderBlock(const Http2Headers& headers) {
  const auto text = [](const std::string& value) {
    size_t size = value.size();
    if (size < 127) return absl::StrCat(BigEndian(static_cast<uint32_t>(size), 1), value);
    std::string length = "\x7f";
    for (size -= 127; size >= 128; size /= 128)
      length.push_back(static_cast<char>(size % 128 | 128));
    length.push_back(static_cast<char>(size));
    return absl::StrCat(length, value);
  };
  std::string block;
  for (const auto& [name, value] : headers)
    absl::StrAppend(&block, std::string(1, '\0'), text(name), text(value));
  return block;
}

// As HTTP/2 counts it for its limit.
inline size_t SizeOf(const Http2Headers& headers) {
  size_t size = 0;
  for (const auto& [name, value] : headers) size += name.size() + value.size() + 32;
  return size;
}

// The headers of a gRPC call.
inline Http2Headers CallHeaders(const std::string& path) {
  return {{":method", "POST"},
          {":scheme", "http"},
          {":path", path},
          {":authority", "localhost"},
          {"content-type", "application/grpc"},
          {"te", "trailers"}};
}

// The beginning of a call.
inline std::string Headers(uint32_t stream, const Http2Headers& headers) {
  return BytesOf({.type = Http2Frame::kHeaders,
                  .flags = Http2Frame::kEndHeaders,
                  .stream = stream,
                  .payload = HeaderBlock(headers)});
}

// The only message of a call.
inline std::string LastMessage(uint32_t stream, absl::string_view message,
                               bool compressed = false) {
  return BytesOf(
      {.type = Http2Frame::kData,
       .flags = Http2Frame::kEndStream,
       .stream = stream,
       .payload = absl::StrCat(BigEndian(compressed, 1),
                               BigEndian(static_cast<uint32_t>(message.size()), 4), message)});
}

}  // namespace lookbook
