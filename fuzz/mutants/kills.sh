#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kills.sh [LOGS]: a table of all planted bugs by what the last run of their
# tests said, whose logs are in the folder LOGS (bazel-testlogs/fuzz/mutants by
# default). Run it in the root of the tree, after
#
#   tools/bazel test --config=wide //fuzz/mutants/...
set -euo pipefail

logs=${1:-bazel-testlogs/fuzz/mutants}
[[ -d $logs ]] || { echo "kills.sh: there is no folder $logs" >&2; exit 1; }

echo '| group | planted bug | layer | trial | seconds |'
echo '|---|---|---|---:|---:|'
for patch in fuzz/mutants/*.patch; do
  name=$(basename "$patch" .patch)
  log=$logs/${name}_is_killed_test/test.log
  # "Group (bug): what is broken."
  group=$(sed -n '1s/ (.*//p' "$patch")
  if [[ -f $log ]]; then
    awk -v group="$group" -v name="$name" '
      # "VIOLATION in trial 176, the 177., after 0.05 s: ..."
      /^VIOLATION in trial/ { trial = $6 + 0; seconds = $8 }
      /^VIOLATION: the trial does not end/ { trial = "does not end" }
      /^killed by exit code/ { trial = "ends by signal " $5 - 128 }
      /^on the healthy map:/ { layer = substr($5, length("--layer=") + 1) }
      /^ok: 1 trials/ { passes = 1 }
      END {
        if (layer == "" || !passes) trial = "NOT KILLED"
        printf "| %s | `%s` | %s | %s | %s |\n", group, name, layer, trial, seconds
      }' "$log"
  else
    echo "| $group | \`$name\` | | NOT RUN | |"
  fi
done | sort -s -t'|' -k2,2
