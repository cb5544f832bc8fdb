# SPDX-License-Identifier: Apache-2.0

"""Debian's data files, and peers from source, for Bazel 7 and later (see MODULE.bazel)."""

load(":dependencies.bzl", "pma_data", "pma_peers")

def _debian_impl(_module_ctx):
    pma_data()
    pma_peers()

debian = module_extension(implementation = _debian_impl)
