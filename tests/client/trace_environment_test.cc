#include "client/trace_environment.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace lookbook {
namespace {

constexpr char kParent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class TraceEnvironmentTest : public ::testing::Test {
 protected:
  TraceEnvironmentTest() { Clear(); }
  ~TraceEnvironmentTest() override { Clear(); }

  static void Clear() {
    ::unsetenv("TRACEPARENT");
    ::unsetenv("TRACESTATE");
  }
};

TEST_F(TraceEnvironmentTest, WithoutVariablesThereIsNoTrace) {
  EXPECT_FALSE(TraceOfEnvironment().has_value());
  ::setenv("TRACESTATE", "rojo=1", 1);
  EXPECT_FALSE(TraceOfEnvironment().has_value()) << "a state is nothing without its trace";
}

TEST_F(TraceEnvironmentTest, BothAreTaken) {
  ::setenv("TRACEPARENT", kParent, 1);
  EXPECT_EQ(TraceOfEnvironment()->parent.ToHeader(), kParent);
  EXPECT_EQ(TraceOfEnvironment()->state, "");
  ::setenv("TRACESTATE", "rojo=1", 1);
  EXPECT_EQ(TraceOfEnvironment()->state, "rojo=1");
}

TEST_F(TraceEnvironmentTest, WhatIsNotOfTheFormIsNoTrace) {
  ::setenv("TRACEPARENT", "00-0-0-01", 1);
  EXPECT_FALSE(TraceOfEnvironment().has_value());
}

}  // namespace
}  // namespace lookbook
