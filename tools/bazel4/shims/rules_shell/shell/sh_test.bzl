# SPDX-License-Identifier: Apache-2.0

"""Bazel 4's built-in sh_test, under the label Bazel 7 and later use."""

sh_test = native.sh_test
