// SPDX-License-Identifier: Apache-2.0

// Fuzzes maps of 64-bit words. Input: a byte that indexes kVariants (modulo
// their number), then operations (map_input.h).

#include "fuzz/map_fuzz.h"

#include <cstddef>
#include <cstdint>
#include <functional>

#include "fuzz/map_input.h"
#include "pma/options.h"

namespace pma::map_input {
namespace {

constexpr Variant kVariants[] = {
    {"ascending, tiny segments", RunInput<TinyWords>},
    {"ascending", RunInput<DefaultWords>},
    {"descending, tiny segments", RunInput<Words<std::greater<>, TinyTuning>>},
    {"ascending, tiny segments, no AVX-512", RunTinyWordsOnBaseline},
    {"ascending, no AVX-512", RunDefaultWordsOnBaseline},
};

}  // namespace
}  // namespace pma::map_input

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  pma::map_input::RunVariant(pma::map_input::kVariants, {data, size});
  return 0;
}
