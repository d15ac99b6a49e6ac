#include "models/report/csv_field.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

TEST(CsvFieldTest, PlainTextStaysAsItIs) {
  EXPECT_EQ(CsvField("shirt"), "shirt");
  EXPECT_EQ(CsvField(""), "");
  EXPECT_EQ(CsvField("a; b|c"), "a; b|c");
}

TEST(CsvFieldTest, WhatWouldBreakARowIsQuoted) {
  EXPECT_EQ(CsvField("shirt, blouse"), "\"shirt, blouse\"");
  EXPECT_EQ(CsvField("the \"it\" bag"), "\"the \"\"it\"\" bag\"");
  EXPECT_EQ(CsvField("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(CsvField("two\rlines"), "\"two\rlines\"");
}

}  // namespace
}  // namespace lookbook
