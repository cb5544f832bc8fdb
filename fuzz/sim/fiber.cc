// SPDX-License-Identifier: Apache-2.0

#include "fuzz/sim/fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "fuzz/sim/sanitizers.h"

// Of the Itanium C++ ABI: a thread's exceptions. Not every C++ library declares
// it in <cxxabi.h>.
// NOLINTBEGIN(bugprone-reserved-identifier): the ABI's names.
namespace __cxxabiv1 {
struct __cxa_eh_globals;
extern "C" __cxa_eh_globals* __cxa_get_globals() noexcept;
}  // namespace __cxxabiv1
// NOLINTEND(bugprone-reserved-identifier)

// Pushes what the calling convention preserves, stores the stack pointer in
// *save, takes `load` for it, and pops what is there.
extern "C" void pma_sim_switch_stack(void** save, void* load);

#if defined(__x86_64__)
asm(R"(
  .text
  .p2align 4
  .globl pma_sim_switch_stack
  .type pma_sim_switch_stack, @function
pma_sim_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size pma_sim_switch_stack, . - pma_sim_switch_stack
)");
#elif defined(__aarch64__)
asm(R"(
  .text
  .p2align 4
  .globl pma_sim_switch_stack
  .type pma_sim_switch_stack, %function
pma_sim_switch_stack:
  stp x29, x30, [sp, #-160]!
  stp x19, x20, [sp, #16]
  stp x21, x22, [sp, #32]
  stp x23, x24, [sp, #48]
  stp x25, x26, [sp, #64]
  stp x27, x28, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #16]
  ldp x21, x22, [sp, #32]
  ldp x23, x24, [sp, #48]
  ldp x25, x26, [sp, #64]
  ldp x27, x28, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  ldp x29, x30, [sp], #160
  ret
  .size pma_sim_switch_stack, . - pma_sim_switch_stack
)");
#else
#error "The simulator has no stack switch for this processor: see fiber.cc"
#endif

namespace pma::sim {
namespace {

constexpr size_t kPageBytes = 4096;
// Frames are larger under sanitizers; untouched pages cost nothing.
constexpr size_t kStackBytes = size_t{256} << 10;
constexpr size_t kLastFramesBytes = size_t{8} << 10;

}  // namespace

Fiber::~Fiber() {
  if (mapping_ != nullptr) munmap(mapping_, kPageBytes + kStackBytes);
}

void Fiber::Prepare(void (*entry)()) {
  if (mapping_ == nullptr) {
    void* mapping =
        mmap(nullptr, kPageBytes + kStackBytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    // The lowest page is out of bounds, so that an overflow is a crash.
    if (mapping == MAP_FAILED ||
        mprotect(mapping, kPageBytes, PROT_NONE) != 0) {
      std::perror("a fiber's stack");
      std::abort();
    }
    mapping_ = static_cast<std::byte*>(mapping);
    stack_ = mapping_ + kPageBytes;
    stack_bytes_ = kStackBytes;
  }
  // What ran here has left the shadow of its frames behind: of the last few, or
  // of any number if it did not come to its end.
  const size_t left = finished_ ? kLastFramesBytes : kStackBytes;
  ASAN_UNPOISON_MEMORY_REGION(mapping_ + kPageBytes + kStackBytes - left, left);
  finished_ = false;
  exceptions_ = {};
  auto* top = reinterpret_cast<uint64_t*>(mapping_ + kPageBytes + kStackBytes);
#if defined(__x86_64__)
  // What the switch pops, from the lowest address: six registers, the address
  // at which it returns, and a return address of 0, where backtraces end. At
  // its first instruction entry() has to find the stack at 8 modulo 16.
  top -= 10;
  std::memset(top, 0, 10 * sizeof(uint64_t));
  top[6] = reinterpret_cast<uint64_t>(entry);
#else
  // What the switch loads: x29, x30 (the address at which it returns), ...
  top -= 20;
  std::memset(top, 0, 20 * sizeof(uint64_t));
  top[1] = reinterpret_cast<uint64_t>(entry);
#endif
  stack_pointer_ = top;
}

void Fiber::SwitchFrom(Fiber& from) {
  came_from_ = &from;
  // The words are those of __cxa_eh_globals: the exceptions being handled, and
  // the number of those in flight.
  void* globals = __cxxabiv1::__cxa_get_globals();
  std::memcpy(&from.exceptions_, globals, sizeof(ExceptionState));
  std::memcpy(globals, &exceptions_, sizeof(ExceptionState));
#if defined(FUZZ_SIM_ASAN)
  __sanitizer_start_switch_fiber(&from.fake_stack_, stack_, stack_bytes_);
#endif
  pma_sim_switch_stack(&from.stack_pointer_, stack_pointer_);
#if defined(FUZZ_SIM_ASAN)
  __sanitizer_finish_switch_fiber(from.fake_stack_, nullptr, nullptr);
#endif
}

void Fiber::SwitchFromFinished(Fiber& from) {
  from.finished_ = true;
  SwitchFrom(from);
}

void Fiber::Entered() {
#if defined(FUZZ_SIM_ASAN)
  // This is where the bounds of a thread's own stack become known. The fake
  // stack of a fiber (for uses after return) serves again, like its stack: to
  // make one takes longer than most executions.
  __sanitizer_finish_switch_fiber(fake_stack_, &came_from_->stack_,
                                  &came_from_->stack_bytes_);
  // Now and then it is cleared of the frames that never returned.
  constexpr unsigned kUsesPerClearance = 64;
  if (++uses_ % kUsesPerClearance == 0) __asan_handle_no_return();
#endif
}

}  // namespace pma::sim
