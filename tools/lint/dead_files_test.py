#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
#
# dead_files_test.py: every file of the tree is reached from somewhere: a BUILD file
# names it (or a glob there matches it), a .bzl file or a document does, or it is one
# of those below that somebody else looks for. Every header is included.
#
# lint_sources() takes in all sources, and so does not count.

import os
import re

import source_tree

# Who looks for files that no other file names.
KNOWN = {
    "Bazel": r"(.*/)?BUILD|WORKSPACE(\.bzlmod)?|MODULE\.bazel|\.bazelrc|\.bazelignore|tools/bazel",
    "Bazel, as repositories (tools/bazel4/repositories.bzl)": r"tools/bazel4/shims/.*",
    "Bazel, as a workspace (packaging/bazel_consumer_test.sh)": r"packaging/bazel_consumer/.*",
    "git, clang-format and clang-tidy": r"\.gitignore|\.clang-format|\.clang-tidy",
    "readers, who begin here": r"README\.md",
    "the site that hosts the tree": r"(CODE_OF_CONDUCT|SECURITY)\.md|CITATION\.cff|LICENSE|\.github/.*",
    "continuous integration": r"\.ci/run",
    "editors": r"\.devcontainer/.*",
    "other build systems": r"CMakeLists\.txt|conanfile\.py|packaging/vcpkg/.*",
    "OSS-Fuzz and ClusterFuzzLite": r"\.clusterfuzzlite/.*|fuzz/oss_fuzz/(Dockerfile|project\.yaml)",
    "the registry of Bazel's modules": r"\.bcr/.*",
}

BAZEL_FILES = ("BUILD", "WORKSPACE", "MODULE.bazel")
FILES = source_tree.files()
TEXTS = {}
for path in FILES:
    try:
        TEXTS[path] = source_tree.read(path)
    except UnicodeDecodeError:
        pass  # an input of a fuzzer


def package_of(path):
    folder = os.path.dirname(path)
    while folder and not source_tree.is_package(folder):
        folder = os.path.dirname(folder)
    return folder


def named_by_its_package(path):
    package = package_of(path)
    if not source_tree.is_package(package):
        return False
    inside = os.path.relpath(path, package or ".")
    strings = source_tree.strings_in(package)
    if {inside, ":" + inside, os.path.splitext(inside)[0]} & strings:
        return True
    # Put together: topic + "_benchmark.cc".
    if any(name and inside.startswith(name) and inside[len(name) :] in strings for name in strings):
        return True
    build = source_tree.read(os.path.join(package, "BUILD"))
    globs = [string for string in re.findall(r'"([^"\n]*)"', build) if "*" in string]
    if any(source_tree.matches(pattern, inside) for pattern in globs):
        return True
    label = f'"//{package}:{inside}"'
    return any(label in TEXTS[name] for name in TEXTS if name.endswith((".bzl", *BAZEL_FILES)))


def named_by_a_document(path):
    parts = path.split("/")
    endings = ["/".join(parts[start:]) for start in range(len(parts))]
    for document, text in TEXTS.items():
        if not document.endswith(".md") or document == path:
            continue
        if path.endswith(".md"):
            beside = os.path.relpath(path, os.path.dirname(document) or ".")
            folder = os.path.dirname(beside) or "."
            if re.search(rf"\]\(({re.escape(beside)}|{re.escape(folder)}/?)[#)]", text):
                return True
        elif any(re.search(rf"(?<![\w/.-]){re.escape(end)}(?![\w/-])", text) for end in endings[:-1] or endings):
            return True
    return False


complaints = []
for path in FILES:
    if any(re.fullmatch(pattern, path) for pattern in KNOWN.values()):
        continue
    if not named_by_its_package(path) and not named_by_a_document(path):
        complaints.append(f"{path}:1: no BUILD file and no document names it: is it needed?")

included = set()
for path, text in TEXTS.items():
    included.update(set(re.findall(r'#include "([^"]+)"', text)) - {path})
for path in FILES:
    if path.endswith(".h") and path not in included:
        complaints.append(f"{path}:1: no other file includes it: is it needed?")

if not FILES:
    complaints = [f"no file in {source_tree.ROOT}"]
source_tree.end(complaints, f"{len(FILES)} files")
