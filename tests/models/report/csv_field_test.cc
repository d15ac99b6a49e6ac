#include "models/report/csv_field.h"

#include <gtest/gtest.h>

namespace lookbook {
namespace {

TEST(CsvFieldTest, PlainTextStaysAsItIs) {
  EXPECT_EQ(CsvField("shirt"), "shirt");
  EXPECT_EQ(CsvField(""), "");
  EXPECT_EQ(CsvField("a; b|c"), "a; b|c");
}

TEST(CsvTextFieldTest, NoTextIsAFormula) {
  for (const char* text : {"=1+1", "+1", "-1", "@SUM", "\t=1", "'=1", "'"})
    EXPECT_EQ(CsvTextField(text), std::string("'") + text);
  EXPECT_EQ(CsvTextField("\r=1"), "\"'\r=1\"");
  EXPECT_EQ(CsvTextField("=1+1|\"q\","), "\"'=1+1|\"\"q\"\",\"");
  for (const char* text : {"", "shirt", "a=b", "t-shirt", "it's", " =1"})
    EXPECT_EQ(CsvTextField(text), text);
}

TEST(CsvFieldTest, WhatWouldBreakARowIsQuoted) {
  EXPECT_EQ(CsvField("shirt, blouse"), "\"shirt, blouse\"");
  EXPECT_EQ(CsvField("the \"it\" bag"), "\"the \"\"it\"\" bag\"");
  EXPECT_EQ(CsvField("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(CsvField("two\rlines"), "\"two\rlines\"");
}

}  // namespace
}  // namespace lookbook
