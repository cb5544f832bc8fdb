#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
set -eu
exec bash fuzz/oss_fuzz/build.sh
