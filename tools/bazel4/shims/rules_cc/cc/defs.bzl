# SPDX-License-Identifier: Apache-2.0

"""The C++ rules built into Bazel 4, under the label Bazel 7 and later use."""

cc_binary = native.cc_binary
cc_import = native.cc_import
cc_library = native.cc_library
cc_proto_library = native.cc_proto_library
cc_test = native.cc_test

# Bazel's own packages load these.
cc_libc_top_alias = native.cc_libc_top_alias
cc_toolchain = native.cc_toolchain
cc_toolchain_alias = native.cc_toolchain_alias
cc_toolchain_suite = native.cc_toolchain_suite
