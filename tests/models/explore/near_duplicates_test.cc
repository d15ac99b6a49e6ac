#include "models/explore/near_duplicates.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "models/dataset/random.h"
#include "tests/support/status_matchers.h"

namespace lookbook {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

using Triple = std::tuple<int, int64_t, int64_t>;

std::vector<Triple> Triples(const std::vector<NearPair>& pairs) {
  std::vector<Triple> out;
  for (const NearPair& pair : pairs) out.emplace_back(pair.bits, pair.a, pair.b);
  return out;
}

TEST(NearDuplicatesTest, AgreesWithAllPairsOneByOne) {
  Random random(3);
  for (int max_bits : {0, 1, 4, 7, 15}) {
    std::vector<uint64_t> hashes;
    std::vector<int> parts;
    for (int i = 0; i < 300; ++i) {
      // Some random, most a few bits from an earlier one.
      uint64_t hash = random.Bits();
      if (i > 0 && random.Chance(0.8)) {
        hash = hashes[random.Below(hashes.size())];
        for (uint64_t flips = random.Below(8); flips > 0; --flips)
          hash ^= uint64_t{1} << random.Below(64);
      }
      hashes.push_back(hash);
      parts.push_back(static_cast<int>(random.Below(3)));
    }
    std::vector<Triple> within, across;
    std::vector<int64_t> by_parts(9, 0);
    for (int64_t a = 0; a < 300; ++a) {
      for (int64_t b = a + 1; b < 300; ++b) {
        const int bits = std::popcount(hashes[a] ^ hashes[b]);
        if (bits > max_bits) continue;
        (parts[a] == parts[b] ? within : across).emplace_back(bits, a, b);
        ++by_parts[std::min(parts[a], parts[b]) * 3 + std::max(parts[a], parts[b])];
      }
    }
    std::sort(within.begin(), within.end());
    std::sort(across.begin(), across.end());
    const NearDuplicates found =
        FindNearDuplicates(hashes, parts, 3, {.max_bits = max_bits, .kept = 100000});
    EXPECT_EQ(Triples(found.within_pairs), within) << max_bits;
    EXPECT_EQ(Triples(found.across_pairs), across) << max_bits;
    EXPECT_EQ(found.within, std::ssize(within));
    EXPECT_EQ(found.across, std::ssize(across));
    EXPECT_EQ(found.by_parts, by_parts);
  }
}

TEST(NearDuplicatesTest, FourBitsAreNearAndFiveAreNot) {
  const NearDuplicates found = FindNearDuplicates({0b0, 0b1111, 0b11111}, {0, 1, 0}, 2, {});
  EXPECT_EQ(found.within, 0);
  EXPECT_THAT(Triples(found.across_pairs), ElementsAre(Triple(1, 1, 2), Triple(4, 0, 1)));
}

TEST(NearDuplicatesTest, TheNearestAreKeptAndAllAreCounted) {
  std::vector<uint64_t> hashes(2000, 7);
  hashes[1500] = 6;
  const NearDuplicates found =
      FindNearDuplicates(hashes, std::vector<int>(2000, 0), 1, {.kept = 10});
  EXPECT_EQ(found.within, 2000 * 1999 / 2);
  ASSERT_THAT(found.within_pairs, SizeIs(10));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Triples(found.within_pairs)[i], Triple(0, 0, i + 1));
}

TEST(NearDuplicatesTest, NothingIsNearNothing) {
  const NearDuplicates found = FindNearDuplicates({}, {}, 1, {});
  EXPECT_EQ(found.within + found.across, 0);
  EXPECT_THAT(found.by_parts, ElementsAre(0));
}

}  // namespace
}  // namespace lookbook
