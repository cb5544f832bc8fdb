"""Debian's data files for Bazel 7 and later (see MODULE.bazel)."""

load(":dependencies.bzl", "pma_data")

def _debian_impl(_module_ctx):
    pma_data()

debian = module_extension(implementation = _debian_impl)
