# SPDX-License-Identifier: Apache-2.0
"""For the lints that look at the source tree itself: what is in it, and what Bazel
knows of it.

A lint starts where Bazel starts tests; WORKSPACE there leads to the tree.
"""

import fnmatch
import functools
import os
import re
import sys

ROOT = os.path.dirname(os.path.realpath("WORKSPACE"))

# What no clone has: Bazel's links to outputs, and one's own settings.
_NOT_COMMITTED = re.compile(r"(^|/)(\.git|bazel-[^/]*|__pycache__)(/|$)|^user\.bazelrc$")


def files():
    """All files of the tree, by their paths from its root, sorted."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        below = os.path.relpath(folder, ROOT)
        paths = [os.path.normpath(os.path.join(below, name)) for name in names]
        found += [path for path in paths if not _NOT_COMMITTED.search(path)]
        folders[:] = [
            name
            for name in folders
            if not _NOT_COMMITTED.search(os.path.normpath(os.path.join(below, name)))
        ]
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def exists(path):
    return os.path.lexists(os.path.join(ROOT, path))


def matches(pattern, path):
    """Whether `path` matches a glob() in which ** stands for any folders."""
    if "**/" in pattern:
        return matches(pattern.replace("**/", "", 1), path) or fnmatch.fnmatch(
            path, pattern.replace("**/", "*/")
        )
    return pattern.count("/") == path.count("/") and fnmatch.fnmatch(path, pattern)


def strings_in(package):
    """All string literals of a package's BUILD file and of its .bzl files."""
    text = ""
    folder = os.path.join(ROOT, package)
    for name in sorted(os.listdir(folder)):
        if name in ("BUILD", "BUILD.bazel") or name.endswith(".bzl"):
            lines = read(os.path.join(package, name)).splitlines()
            text += "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    return set(re.findall(r'"([^"\n]*)"', text))


def is_package(package):
    return exists(os.path.join(package, "BUILD"))


@functools.lru_cache
def words_of_macros():
    texts = [read(path) for path in files() if path.endswith(".bzl")]
    strings = [string for text in texts for string in re.findall(r'"([^"\n]*)"', text)]
    return {word for string in strings for word in re.split("[^a-z0-9]", string)}


def label_mistake(label):
    """What is wrong with a label like //a/b:c or //a/..., or None.

    A macro makes targets whose names begin with the one it is given, and end with
    words that stand in some .bzl file: NAME_tsan.
    """
    package, colon, target = re.sub(r"^@pma", "", label)[2:].partition(":")
    if package.endswith("..."):
        folder = package[: -len("...")].rstrip("/")
        return None if os.path.isdir(os.path.join(ROOT, folder)) else f"no folder {folder}"
    if not is_package(package):
        return f"no package {package}"
    # A package as such, or a word in place of a name.
    if not colon or target.isupper():
        return None
    name = target
    if target in ("all", "*") or exists(os.path.join(package, name)):
        return None
    names = strings_in(package)
    parts = name.split("_")
    for count in range(1, len(parts) + 1):
        if "_".join(parts[:count]) in names and words_of_macros().issuperset(parts[count:]):
            return None
    # A part of a name put together by a list comprehension.
    if any(fnmatch.fnmatch(name, known.replace("%s", "*")) for known in names if "%s" in known):
        return None
    return f"no target {name} in {package}/BUILD"


def end(complaints, checked):
    """Ends the test: with the complaints, if there are any."""
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if not complaints:
        print(checked)
    sys.exit(1 if complaints else 0)
