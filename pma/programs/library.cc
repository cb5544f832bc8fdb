// SPDX-License-Identifier: Apache-2.0

// A shared object that makes maps and works on them. The test makes a second
// one of it by giving its functions other names.

#include "pma/programs/sharing.h"

#define EXPORT extern "C" [[gnu::visibility("default")]]

EXPORT sharing::Maps* Make_a() { return new sharing::Maps; }
EXPORT void Destroy_a(sharing::Maps* maps) { delete maps; }
EXPORT void Work_a(sharing::Maps* maps, std::uint64_t part,
                   std::uint64_t parts) {
  sharing::Work(*maps, part, parts);
}
