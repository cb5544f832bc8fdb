// libFuzzer's bytes as a concurrent program on the real map, and the schedule
// under which it runs. See schedule/program.h for what they mean.

#include <cstddef>
#include <cstdint>

#include "fuzz/schedule/execute.h"
#include "fuzz/schedule/fuzz_target.h"
#include "fuzz/schedule/program.h"
#include "fuzz/schedule/report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  pma::schedule::RunInput<pma::schedule::Program>(data, size);
  return 0;
}
