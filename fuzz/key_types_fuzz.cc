// SPDX-License-Identifier: Apache-2.0

// Fuzzes maps of every way in which keys are stored and compared: narrower than
// a word, of several words, of odd sizes, in boxes; by vectors, as numbers of
// one word and of several, in the user's order, in one that is known only at
// run time (ascending and descending among them).
//
// Input: a byte that indexes kVariants (modulo their number), then operations
// (map_input.h).

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "fuzz/map_input.h"
#include "pma/options.h"
#include "pma/testing/differential_map.h"
#include "pma/testing/sample_types.h"

namespace pma::map_input {
namespace {

using testing::Sample;

template <class Key, class Compare>
struct Keys {
  using Checked =
      testing::DifferentialMap<Key, std::uint32_t, Compare, TinyTuning>;
  static Key KeyAt(std::uint32_t number) { return Sample<Key>::At(number); }
  static std::uint32_t ValueAt(std::uint8_t number) { return number; }
};

template <class Key, class Compare = std::less<>>
void Run(ByteReader bytes) {
  RunInput<Keys<Key, Compare>>(bytes);
}

// The order is the next byte of the input.
void RunByBits(ByteReader bytes) {
  const std::uint64_t mask = bytes.Next() * 0x0101010101010101u;
  Session<Keys<std::uint64_t, testing::ByBitsXor>> session(
      bytes, testing::ByBitsXor(mask));
  RunOperations(session, [](const auto& run) { run(); });
}

// One of each way in which keys are stored and compared: more take long to
// compile.
constexpr Variant kVariants[] = {
    {"int8", Run<std::int8_t>},
    {"float", Run<float>},
    {"uint64, ordered at run time", RunByBits},
    {"12 bytes", Run<testing::Odd12>},
    {"32 bytes, in an order of its own",
     Run<testing::Quad32, testing::ByThirdThenFirst>},
    {"strings, ignoring case", Run<std::string, testing::IgnoringCase>},
    {"pairs, as one word", Run<std::pair<std::int32_t, std::uint32_t>>},
    {"144 bits, descending", Run<testing::Bid, std::greater<>>},
};

}  // namespace
}  // namespace pma::map_input

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  pma::map_input::RunVariant(pma::map_input::kVariants, {data, size});
  return 0;
}
