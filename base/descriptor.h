// An open file descriptor that closes itself.
#pragma once

#include <unistd.h>

#include <utility>

namespace lookbook {

// Owns one descriptor, or none (negative). Not thread-safe.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { Reset(); }
  Descriptor(Descriptor&& other) noexcept : number_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    Reset(other.Release());
    return *this;
  }

  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

  // Closes what it owns, and owns `number` instead.
  void Reset(int number = -1) {
    const int before = std::exchange(number_, number);
    if (before >= 0) ::close(before);
  }
  // Gives up what it owns; the caller closes it.
  int Release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

}  // namespace lookbook
