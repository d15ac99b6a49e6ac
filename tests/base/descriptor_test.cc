#include "base/descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace lookbook {
namespace {

int OpenNull() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool IsOpen(int number) { return ::fcntl(number, F_GETFD) >= 0; }

TEST(DescriptorTest, ClosesWhatItOwns) {
  const int number = OpenNull();
  {
    const Descriptor descriptor(number);
    EXPECT_TRUE(descriptor.is_open());
    EXPECT_TRUE(IsOpen(number));
  }
  EXPECT_FALSE(IsOpen(number));
}

TEST(DescriptorTest, MovingMovesTheOwnership) {
  const int first = OpenNull(), second = OpenNull();
  Descriptor owner(first), other(second);
  other = std::move(owner);
  EXPECT_FALSE(owner.is_open());
  EXPECT_EQ(other.get(), first);
  EXPECT_FALSE(IsOpen(second)) << "what it owned before is closed";
  const Descriptor last(std::move(other));
  EXPECT_EQ(last.get(), first);
  EXPECT_TRUE(IsOpen(first));
}

TEST(DescriptorTest, WhatIsReleasedStaysOpen) {
  Descriptor owner(OpenNull());
  const int number = owner.Release();
  EXPECT_FALSE(owner.is_open());
  EXPECT_TRUE(IsOpen(number));
  owner.Reset(number);
  owner.Reset();
  EXPECT_FALSE(IsOpen(number));
}

}  // namespace
}  // namespace lookbook
