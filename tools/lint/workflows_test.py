#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
#
# workflows_test.py: what other sites run of the tree is still there. Each workflow in
# .github/workflows says what it may do, takes actions by the hash of a commit, and
# names configurations of .bazelrc and targets that exist; the registry's templates in
# .bcr are read, and their test module is one.

import json
import os
import re

import yaml

import source_tree

USES = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40}$")
COMMANDS = re.compile(r"(?<!\S)(?:bazel|tools/bazel) [^\n]*")


def line_of(text, wanted):
    """The first line with `wanted` (or with its first word, if it spans lines)."""
    for part in (wanted, wanted.split()[0]):
        for number, line in enumerate(text.splitlines(), 1):
            if part in line:
                return number
    return 1


def values_of(node, key):
    """All values of `key` in a tree of mappings and lists."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == key:
                yield value
            yield from values_of(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from values_of(value, key)


def configurations():
    return set(re.findall(r"^\w+:(\w+) ", source_tree.read(".bazelrc"), re.M))


def command_mistakes(job):
    """What is wrong with the commands of one job, as (text, message)."""
    folders = {step.get("working-directory", "") for step in job["steps"]}
    commands = [step["run"] for step in job["steps"] if "run" in step]
    flags = [value for value in values_of(job.get("strategy", {}), "flags")]
    for text in commands + flags:
        for name in re.findall(r"--config=(\S+)", text):
            if name not in configurations():
                yield f"--config={name}", f".bazelrc has no configuration {name}"
    for step in job["steps"]:
        inside = step.get("working-directory", "")
        for command in COMMANDS.findall(step.get("run", "")):
            for label in re.findall(r"(?<!\S)//\S+", command):
                mistake = source_tree.label_mistake(re.sub("^//", f"//{inside}", label))
                if mistake:
                    yield label, f"{label}: {mistake}"
    for folder in folders:
        if not os.path.isdir(os.path.join(source_tree.ROOT, folder)):
            yield folder, f"no folder {folder}"


def workflow_mistakes(path):
    text = source_tree.read(path)
    workflow = yaml.safe_load(text)
    if "permissions" not in workflow:
        yield "", "no permissions: a workflow says what it may do (permissions: read-all)"
    for action in values_of(workflow, "uses"):
        if not USES.match(action):
            yield action, f"{action} is not pinned: an action is named by the 40 digits of a commit"
        elif not re.search(re.escape(action) + r" +# v\d", text):
            yield action, f"{action} has no comment that names its version"
    for job in workflow["jobs"].values():
        yield from command_mistakes(job)


def registry_mistakes(path):
    text = source_tree.read(path)
    if path.endswith(".json"):
        json.loads(text)
    elif path.endswith(".yml"):
        module = yaml.safe_load(text)["bcr_test_module"]
        folder = module["module_path"]
        if not source_tree.exists(f"{folder}/MODULE.bazel"):
            yield folder, f"{folder} has no MODULE.bazel"
        if not module["matrix"].get("bazel"):
            yield "matrix", "the matrix names no version of Bazel"


complaints = []
checked = 0
for folder, mistakes in [(".github/workflows/", workflow_mistakes), (".bcr/", registry_mistakes)]:
    for path in source_tree.files():
        if not path.startswith(folder):
            continue
        checked += 1
        try:
            for where, message in mistakes(path):
                number = line_of(source_tree.read(path), where) if where else 1
                complaints.append(f"{path}:{number}: {message}")
        except (ValueError, KeyError, TypeError, yaml.YAMLError) as error:
            complaints.append(f"{path}:1: cannot be read: {' '.join(repr(error).split())}")
if not checked:
    complaints = [f"no workflow in {source_tree.ROOT}"]
source_tree.end(complaints, f"{checked} files")
