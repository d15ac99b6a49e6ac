#include "models/dataset/near_pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <set>
#include <tuple>

#include "models/dataset/random.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Some random, most a few bits from an earlier one.
std::vector<uint64_t> Hashes(int count, uint64_t seed) {
  Random random(seed);
  std::vector<uint64_t> out;
  for (int i = 0; i < count; ++i) {
    uint64_t hash = random.Bits();
    if (i > 0 && random.Chance(0.6)) {
      hash = out[random.Below(out.size())];
      for (uint64_t flips = random.Below(8); flips > 0; --flips)
        hash ^= uint64_t{1} << random.Below(64);
    }
    out.push_back(hash);
  }
  return out;
}

TEST(NearPairsTest, EveryPairComesOnce) {
  for (const int max_bits : {0, 4, 15}) {
    const std::vector<uint64_t> hashes = Hashes(250, 5);
    std::vector<std::tuple<int64_t, int64_t, int>> got, want;
    ForEachNearPair(hashes, max_bits,
                    [&](const NearPair& pair) { got.emplace_back(pair.a, pair.b, pair.bits); });
    for (int64_t a = 0; a < 250; ++a) {
      for (int64_t b = a + 1; b < 250; ++b) {
        const int bits = std::popcount(hashes[a] ^ hashes[b]);
        if (bits <= max_bits) want.emplace_back(a, b, bits);
      }
    }
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, want) << max_bits;
    EXPECT_FALSE(want.empty()) << max_bits;
  }
}

// Against the closure by repeated passes over all pairs.
TEST(NearPairsTest, GroupsAreWhatChainsReach) {
  const std::vector<uint64_t> hashes = Hashes(200, 6);
  std::vector<int64_t> want(200);
  for (int64_t i = 0; i < 200; ++i) want[i] = i;
  for (bool changed = true; changed;) {
    changed = false;
    for (int a = 0; a < 200; ++a) {
      for (int b = 0; b < 200; ++b) {
        if (std::popcount(hashes[a] ^ hashes[b]) > kNearBits || want[a] <= want[b]) continue;
        want[a] = want[b];
        changed = true;
      }
    }
  }
  EXPECT_EQ(GroupNearRows(hashes, kNearBits), want);
  EXPECT_LT(std::set<int64_t>(want.begin(), want.end()).size(), 150u);
}

TEST(NearPairsTest, AChainIsOneGroupThoughItsEndsDiffer) {
  // Each four bits from the next; the last one is alone.
  const std::vector<uint64_t> hashes = {0xFFF, 0xF, 0, 0xFF, 0xFFFFFFFF00000000};
  EXPECT_THAT(GroupNearRows(hashes, 4), ElementsAre(0, 0, 0, 0, 4));
  EXPECT_THAT(GroupNearRows(hashes, 3), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(GroupNearRows({}, 4), IsEmpty());
}

}  // namespace
}  // namespace lookbook
