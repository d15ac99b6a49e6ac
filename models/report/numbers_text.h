// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace lookbook {

std::string WithCommas(int64_t value);                 // "45,623"
std::string PercentText(int64_t part, int64_t whole);  // "12.3 %", "0.02 %"; "–" for a whole of 0.
std::string PercentText(double share);                 // Of 0.123: "12.3 %".
std::string BytesText(double bytes);                   // "4.2 MB"
std::string PixelsText(double pixels);                 // "19.2 MP", "4,096 px"
// With so many decimals; "–" for a value that is not finite: it was not measured.
std::string FigureText(double value, int decimals = 3);

}  // namespace lookbook
