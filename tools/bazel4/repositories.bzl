# SPDX-License-Identifier: Apache-2.0

"""The repositories Bazel 4 needs and later versions get from the registry."""

def bazel4_repositories():
    """Declares shims, stand-ins and Debian's own packages of Bazel libraries.

    They come first in WORKSPACE: the first declaration of a repository wins,
    and Bazel 4 would else try to download its own choice of each.
    """
    shims = {
        "libpfm": "empty",
        "re2": "empty",
        "remote_coverage_tools": "remote_coverage_tools",
        "rules_cc": "rules_cc",
        "rules_shell": "rules_shell",
    }
    for name, folder in shims.items():
        native.local_repository(
            name = name,
            path = "tools/bazel4/shims/" + folder,
        )

    # Debian's bazel-skylib, bazel-platforms and bazel-rules-java.
    debian = {
        "bazel_skylib": "tools/skylib",
        "platforms": "tools/platforms",
        "rules_java": "rules/java",
    }
    for name, folder in debian.items():
        native.local_repository(
            name = name,
            path = "/usr/share/bazel/" + folder,
        )
