# SPDX-License-Identifier: Apache-2.0

"""What the registry does not have, for Bazel 7 and later (see MODULE.bazel)."""

load(":dependencies.bzl", "pma_data", "pma_peers", "pma_rocksdb", "pma_tools")

def _debian_impl(_module_ctx):
    pma_data()
    pma_peers()
    pma_rocksdb()
    pma_tools()

debian = module_extension(implementation = _debian_impl)
