// libFuzzer's bytes as a concurrent program on the reclamation scheme alone,
// and the schedule under which it runs. See epoch/program.h for what they mean.

#include <cstddef>
#include <cstdint>

#include "fuzz/epoch/execute.h"
#include "fuzz/epoch/program.h"
#include "fuzz/schedule/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  pma::schedule::RunInput<pma::epoch_fuzz::Program>(data, size);
  return 0;
}
