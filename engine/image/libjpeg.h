// jpeglib.h with what it forgets to include, in the order that it needs. Internal to engine/image.
#pragma once

// clang-format off
#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
// clang-format on
