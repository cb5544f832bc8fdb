// SPDX-License-Identifier: Apache-2.0

// The version of the library. CHANGELOG.md says what each one changed, and
// which changes are breaking.

#ifndef PMA_VERSION_H_
#define PMA_VERSION_H_

#define PMA_VERSION_MAJOR 0
#define PMA_VERSION_MINOR 1
#define PMA_VERSION_PATCH 0

// One number that grows with every version: 100 for 0.1.0, 10203 for 1.2.3.
#define PMA_VERSION \
  (PMA_VERSION_MAJOR * 10000 + PMA_VERSION_MINOR * 100 + PMA_VERSION_PATCH)

#endif  // PMA_VERSION_H_
