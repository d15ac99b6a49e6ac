// Messages in encodings that gRPC's own clients cannot be made to send, by HTTP/2 frames put
// together here.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "tests/integration/server_fixture.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

constexpr int kPatienceMs = 30'000;
constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum FrameType : uint8_t { kData = 0, kHeaders = 1, kSettings = 4 };
constexpr uint8_t kEndStream = 0x1, kEndHeaders = 0x4;

std::string Frame(FrameType type, uint8_t flags, uint8_t stream, absl::string_view payload) {
  const auto size = static_cast<uint32_t>(payload.size());
  std::string frame = {static_cast<char>(size >> 16),
                       static_cast<char>(size >> 8),
                       static_cast<char>(size),
                       static_cast<char>(type),
                       static_cast<char>(flags),
                       0,
                       0,
                       0,
                       static_cast<char>(stream)};
  return frame.append(payload.data(), payload.size());
}

// HPACK: a literal that enters no table, without Huffman coding.
std::string Header(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name +
         static_cast<char>(value.size()) + value;
}

// A length-prefixed message.
std::string Message(bool compressed, const std::string& bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  return std::string{static_cast<char>(compressed ? 1 : 0), static_cast<char>(size >> 24),
                     static_cast<char>(size >> 16), static_cast<char>(size >> 8),
                     static_cast<char>(size)} +
         bytes;
}

class Connection {
 public:
  explicit Connection(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Send(const std::string& bytes) {
    EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // What the server sends until it names a status, or closes the connection.
  std::string ReadToStatus() {
    std::string read;
    char bytes[4096];
    while (StatusIn(read) < 0) {
      pollfd ready = {socket_, POLLIN, 0};
      if (::poll(&ready, 1, kPatienceMs) != 1) break;
      const ssize_t got = ::read(socket_, bytes, sizeof(bytes));
      if (got <= 0) break;
      read.append(bytes, static_cast<size_t>(got));
    }
    return read;
  }
  // The first "grpc-status" in literal headers; -1: none, or not all of it is there.
  static int StatusIn(absl::string_view bytes) {
    constexpr absl::string_view kName = "grpc-status";
    const size_t name = bytes.find(kName);
    if (name == absl::string_view::npos || name + kName.size() + 1 >= bytes.size()) return -1;
    const auto size = static_cast<size_t>(bytes[name + kName.size()]);
    const absl::string_view digits = bytes.substr(name + kName.size() + 1, size);
    int status = -1;
    return digits.size() == size && absl::SimpleAtoi(digits, &status) ? status : -1;
  }

 private:
  const int socket_;
};

class EncodingsTest : public ServerFixture {
 protected:
  EncodingsTest() { Start(); }

  // The status of a Search whose message is `message`, said to be in `encoding`; empty: of none.
  int Call(const std::string& encoding, const std::string& message) {
    std::string headers = Header(":method", "POST") + Header(":scheme", "http") +
                          Header(":path", "/lookbook.v1.SearchService/Search") +
                          Header(":authority", "localhost") + Header("te", "trailers") +
                          Header("content-type", "application/grpc");
    if (!encoding.empty()) headers += Header("grpc-encoding", encoding);
    Connection connection(server_->data_port());
    connection.Send(kPreface + Frame(kSettings, 0, 0, "") +
                    Frame(kHeaders, kEndHeaders, 1, headers) +
                    Frame(kData, kEndStream, 1, message));
    return Connection::StatusIn(connection.ReadToStatus());
  }

  const std::string item_ = "\x12\x06item-1";
};

TEST_F(EncodingsTest, AMessageInNoEncodingIsServed) {
  EXPECT_EQ(Call("", Message(false, item_)), grpc::StatusCode::OK);
  EXPECT_EQ(Call("identity", Message(false, item_)), grpc::StatusCode::OK);
}

TEST_F(EncodingsTest, EveryEncodingIsUnimplemented) {
  for (const char* encoding : {"gzip", "deflate", "snappy", "br", "zstd", "x-unknown"}) {
    EXPECT_EQ(Call(encoding, Message(true, item_)), grpc::StatusCode::UNIMPLEMENTED) << encoding;
    EXPECT_TRUE(Search(ItemRequest("item-1")).ok()) << "after " << encoding;
  }
}

}  // namespace
}  // namespace lookbook
