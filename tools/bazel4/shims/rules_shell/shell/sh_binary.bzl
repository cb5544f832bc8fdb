# SPDX-License-Identifier: Apache-2.0

"""Bazel 4's built-in sh_binary, under the label Bazel 7 and later use."""

sh_binary = native.sh_binary
