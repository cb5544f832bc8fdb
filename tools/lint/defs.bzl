# SPDX-License-Identifier: Apache-2.0

"""What a package does so that //tools/lint sees its sources."""

def lint_sources():
    """Offers every C++ source of the package to tests that read or compile them.

    Call it in each package with C++ code, and add `//PACKAGE:lint_sources` to
    the list in //tools/lint:BUILD (a test there notices when that is forgotten).
    """
    native.filegroup(
        name = "lint_sources",
        srcs = native.glob(
            [
                "**/*.cc",
                "**/*.h",
            ],
        ),
        visibility = [
            "//fuzz:__pkg__",
            "//fuzz/mutants:__pkg__",
            "//fuzz/oss_fuzz:__pkg__",
            "//packaging:__pkg__",
            "//pma:__pkg__",
            "//pma/internal:__pkg__",
            "//pma/programs:__pkg__",
            "//tools/lint:__pkg__",
            "//tools/platforms:__pkg__",
        ],
    )
