#include "engine/index/dot_kernels.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

// Clang, which builds the fuzz targets alone, does not know GCC's pragmas for instruction sets.
#if defined(__x86_64__) && !defined(__clang__)
#define LOOKBOOK_X86_KERNELS
#include <immintrin.h>
#endif

namespace lookbook {
namespace {

constexpr int kLane = 4;  // Values that are multiplied side by side for one query.
constexpr int kRows = 4;  // Rows that are taken together, from memory once for all queries.

struct FourRows {
  const float* row[kRows];
  float rest[kRows][kLane];  // What does not fill a lane, and zeros.
};

// Asks for the rows that come kAhead rows later: a core that works on many queries does not look
// that far ahead by itself, and would wait for each row. Past the last row this asks for what may
// not be there, which a processor ignores.
inline void Prefetch(const float* rows, int dim) {
  constexpr int kAhead = 32;
  constexpr uintptr_t kLine = 64;
  const uintptr_t size = uintptr_t{sizeof(float)} * static_cast<uintptr_t>(dim);
  const uintptr_t from = reinterpret_cast<uintptr_t>(rows) + kAhead * size;
  for (uintptr_t line = from; line < from + kRows * size; line += kLine)
    __builtin_prefetch(reinterpret_cast<const void*>(line));
}

// Rows r to r + 3; past the `valid` ones the last one again.
inline FourRows TakeRows(const float* vectors, int64_t r, int64_t valid, int dim) {
  const int tail = dim % kLane;
  FourRows four = {};
  for (int i = 0; i < kRows; ++i) {
    four.row[i] = vectors + (r + std::min<int64_t>(i, valid - 1)) * dim;
    if (tail > 0) std::copy_n(four.row[i] + dim - tail, tail, four.rest[i]);
  }
  Prefetch(four.row[0], dim);
  return four;
}

namespace portable {
constexpr int kQueries = 1;
constexpr int kGroups = 2;
typedef float Register __attribute__((vector_size(16)));

inline void Load(const float* from, Register* to) { std::memcpy(to, from, sizeof(*to)); }
inline void Repeat(const float* from, Register* to) { Load(from, to); }
inline void AddHalves(const Register& a, const Register& b, Register* out) {
  *out = __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
}
inline void AddPairs(const Register& a, const Register& b, Register* out) {
  *out = __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
}
#include "engine/index/dot_kernel.inc"
}  // namespace portable

#if defined(LOOKBOOK_X86_KERNELS)
#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
constexpr int kQueries = 2;
constexpr int kGroups = 2;
using Register = __m256;

inline void Load(const float* from, Register* to) { *to = _mm256_loadu_ps(from); }
inline void Repeat(const float* from, Register* to) {
  *to = _mm256_broadcast_ps(reinterpret_cast<const __m128*>(from));
}
inline void AddHalves(const Register& a, const Register& b, Register* out) {
  *out = _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
}
inline void AddPairs(const Register& a, const Register& b, Register* out) {
  *out = _mm256_add_ps(_mm256_shuffle_ps(a, b, 0x44), _mm256_shuffle_ps(a, b, 0xEE));
}
#include "engine/index/dot_kernel.inc"
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx2,fma")
namespace avx512 {
constexpr int kQueries = 4;
constexpr int kGroups = 4;
using Register = __m512;

inline void Load(const float* from, Register* to) { *to = _mm512_loadu_ps(from); }
// The masked forms, with every lane chosen: GCC 12 warns of the others' unset source.
inline void Repeat(const float* from, Register* to) {
  *to = _mm512_maskz_broadcast_f32x4(0xFFFF, _mm_loadu_ps(from));
}
inline void AddHalves(const Register& a, const Register& b, Register* out) {
  *out =
      _mm512_add_ps(_mm512_maskz_unpacklo_ps(0xFFFF, a, b), _mm512_maskz_unpackhi_ps(0xFFFF, a, b));
}
inline void AddPairs(const Register& a, const Register& b, Register* out) {
  *out = _mm512_add_ps(_mm512_maskz_shuffle_ps(0xFFFF, a, b, 0x44),
                       _mm512_maskz_shuffle_ps(0xFFFF, a, b, 0xEE));
}
#include "engine/index/dot_kernel.inc"
}  // namespace avx512
#pragma GCC pop_options
#endif

}  // namespace

std::vector<DotKernel> DotKernels() {
  std::vector<DotKernel> kernels;
#if defined(LOOKBOOK_X86_KERNELS)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma")) {
    kernels.push_back({"avx512", avx512::kQueries, avx512::Run});
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    kernels.push_back({"avx2", avx2::kQueries, avx2::Run});
  }
#endif
  kernels.push_back({"portable", portable::kQueries, portable::Run});
  return kernels;
}

PackedQueries PackQueries(absl::Span<const float> queries, int dim, const DotKernel& kernel) {
  const int n = static_cast<int>(queries.size()) / dim;
  const int lanes = (dim + kLane - 1) / kLane;
  PackedQueries packed;
  packed.dim = dim;
  packed.groups = (n + kernel.group - 1) / kernel.group;
  packed.values.resize(static_cast<size_t>(packed.groups) * lanes * kernel.group * kLane);
  for (int q = 0; q < n; ++q) {
    for (int d = 0; d < dim; ++d) {
      const int64_t lane = (int64_t{q / kernel.group} * lanes + d / kLane) * kernel.group;
      packed.values[(lane + q % kernel.group) * kLane + d % kLane] = queries[int64_t{q} * dim + d];
    }
  }
  return packed;
}

}  // namespace lookbook
