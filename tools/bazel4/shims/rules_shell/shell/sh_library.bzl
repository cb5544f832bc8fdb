# SPDX-License-Identifier: Apache-2.0

"""Bazel 4's built-in sh_library, under the label Bazel 7 and later use."""

sh_library = native.sh_library
