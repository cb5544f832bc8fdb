# SPDX-License-Identifier: Apache-2.0

"""A row of the table of compilers: a user's program, compiled and run."""

load("@rules_shell//shell:sh_test.bzl", "sh_test")

_PROGRAM = "//tools/lint:uses_everything.cc"

_HEADERS = [
    "//pma:lint_sources",
    "//pma/internal:lint_sources",
    "//pma/map:lint_sources",
]

# The checks of a library in debug mode; one ignores what is the other's.
_CHECKED = "-O0 -D_GLIBCXX_DEBUG -D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_DEBUG"

def _row_test(name, row, warn, run, data, warn_x86 = [], tags = []):
    sh_test(
        name = name,
        srcs = ["compiler_test.sh"],
        args = row +
               ["'--warn=%s'" % flags for flags in warn] +
               select({
                   "@platforms//cpu:x86_64": ["'--warn=%s'" % flags for flags in warn_x86],
                   "//conditions:default": [],
               }) +
               ["'--run=%s'" % flags for flags in run] +
               ["$(rootpath %s)" % _PROGRAM],
        data = [_PROGRAM] + _HEADERS + data,
        tags = tags,
    )

def compiler_row(
        name,
        compiler,
        library,
        standard,
        always_warn = [],
        always_warn_x86 = [],
        always_run = [],
        packages = [],
        target = None,
        emulator = None):
    """Tests that the headers suit a compiler, a standard library and a standard.

    Creates
      * `name_test`, of what is quick;
      * `name_wide_test` (tag `wide`), which also runs the program, plain and with
        the library's own checks.

    Args:
      name: of the row.
      compiler: its command.
      library: libstdc++ or libc++.
      standard: c++20 or c++23.
      always_warn: sets of flags with which `name_test` looks for warnings.
      always_warn_x86: the same on x86-64, where the library has paths of its own.
      always_run: sets of flags with which it also runs the program.
      packages: Debian packages that the library is taken from, not the system.
      target: another processor, as clang calls it.
      emulator: what runs its programs.
    """
    row = [
        "--compiler=" + compiler,
        "--library=" + library,
        "--standard=" + standard,
    ]
    data = packages
    row += ["--package=$(rootpath %s)" % package for package in packages]
    if target:
        row += [
            "--target=" + target,
            "--emulator=$(rootpath %s)" % emulator,
        ]
        data = data + [emulator]
    if always_warn or always_run:
        _row_test(
            name + "_test",
            row,
            warn = always_warn,
            run = always_run,
            data = data,
            warn_x86 = always_warn_x86,
        )
    _row_test(
        name + "_wide_test",
        row,
        warn = [],
        run = [
            "-O2",
            _CHECKED,
        ],
        data = data,
        tags = ["wide"],
    )
