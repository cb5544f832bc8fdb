#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# expect_runtime.sh VARIANT=BINARY...: each binary holds the runtime and, where
# it leaves a trace in the symbol table, the instrumentation of its variant's
# sanitizer, and nothing of another's. Symbols, because a run that reports no
# fault looks the same with and without a sanitizer.
set -euo pipefail

declare -A symbols=(
  [asan]='__asan_init asan.module_ctor'
  [tsan]='__tsan_init tsan.module_ctor'
  [ubsan]='__ubsan_handle_add_overflow_abort __ubsan_handle_dynamic_type_cache_miss_abort'
  [plain]=''
)
# Of which other sanitizers a variant's runtime is known to hold parts.
declare -A also_holds=([asan]=ubsan [tsan]=ubsan)

failures=0
for argument in "$@"; do
  variant=${argument%%=*}
  binary=${argument#*=}
  # The names alone: defined ones, of code.
  names=$(nm --defined-only "$binary" | awk '{ print $3 }')
  for other in "${!symbols[@]}"; do
    for symbol in ${symbols[$other]}; do
      if grep -qxF "$symbol" <<< "$names"; then found=1; else found=0; fi
      if [[ $other == "$variant" && $found == 0 ]]; then
        echo "FAILED: $binary has no $symbol: it is not built with $variant" >&2
        failures=$((failures + 1))
      elif [[ $other != "$variant" && ${also_holds[$variant]:-} != "$other" && $found == 1 ]]; then
        echo "FAILED: $binary has $symbol: it is built with $other" >&2
        failures=$((failures + 1))
      fi
    done
  done
  echo "checked $variant: $binary"
done
((failures == 0))
