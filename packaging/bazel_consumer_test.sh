#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# bazel_consumer_test.sh: somebody else's Bazel workspace (bazel_consumer, beside
# this file) builds a program with the library, by Debian's Bazel 4, and runs it.
# Nothing is downloaded, and none of the libraries that our own tests use is declared
# there, or asked for.
set -euo pipefail

consumer=$(dirname "$(realpath WORKSPACE)")/packaging/bazel_consumer
wanted='pma 0.1.0: 2000 entries'
bazel=/usr/bin/bazel-4
root=$TEST_TMPDIR/root
log=$TEST_TMPDIR/log

if [[ ! -x $bazel ]]; then
  echo "No $bazel here, whose users have a WORKSPACE: not tried."
  exit 0
fi

# As little of the machine as will do: no server stays, one compiler runs at a time,
# and the tree gets no links.
cd "$consumer"
if ! env -i PATH=/usr/bin:/bin CC=clang-19 "$bazel" --batch --nohome_rc \
  --host_jvm_args=-Xmx512m --output_user_root="$root" build --nosandbox_debug \
  --jobs=1 --spawn_strategy=local --experimental_convenience_symlinks=ignore \
  :consumer > "$log" 2>&1; then
  cat "$log" >&2
  echo "FAILED: $consumer does not build" >&2
  exit 1
fi

said=$("$root"/*/execroot/consumer/bazel-out/*/bin/consumer)
if [[ $said != "$wanted" ]]; then
  echo "FAILED: the program said '$said', not '$wanted'" >&2
  exit 1
fi

# The repositories Bazel has laid out: the library, the rules, and Bazel's own.
failures=0
for repository in "$root"/*/external/*/; do
  repository=$(basename "$repository")
  case $repository in
    pma | platforms | rules_cc | rules_java | bazel_tools | local_*) ;;
    *)
      echo "FAILED: a user of the map gets $repository, too" >&2
      failures=$((failures + 1))
      ;;
  esac
done
exit $((failures > 0))
