// SPDX-License-Identifier: Apache-2.0

// Waiting until nobody looks at what has been unlinked.
//
// Reclamation never waits: what readers may see stays in limbo. But a value
// that cannot be copied can only be handed out of the map by moving from it,
// and not under the eyes of a reader.

#ifndef PMA_INTERNAL_RECLAIM_AWAIT_READERS_H_
#define PMA_INTERNAL_RECLAIM_AWAIT_READERS_H_

#include <cstddef>
#include <cstdint>

#include "pma/internal/machine/backoff.h"
#include "pma/internal/machine/variant.h"
#include "pma/internal/reclaim/limbo.h"
#include "pma/internal/reclaim/thread_record.h"

namespace pma::inline PMA_VARIANT::internal {

// Returns when no other thread's guard can have a pointer to an object that was
// born in that epoch and has been unlinked. A guard that stays for good is
// waited for, for good; so the caller should have none, or two such callers may
// wait for each other.
template <class Platform, size_t kReservations>
void AwaitReaders(uint64_t born) {
  using Registry = ThreadRegistry<Platform>;
  const auto* const own = Registry::CurrentIfAny();
  if (own != nullptr && Registry::IsAlone(*own)) return;
  Backoff<Platform> backoff;
  // Unlinked before the first look: who comes in a later epoch cannot see it.
  uint64_t retired = 0;
  for (;;) {
    const Reservations<Platform, kReservations> reservations(
        own, /*may_interrupt=*/true);
    if (retired == 0) retired = reservations.epoch();
    if (reservations.Meeting(Lifespan(born, retired)) == nullptr) return;
    backoff.Wait();
  }
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_RECLAIM_AWAIT_READERS_H_
