#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
#
# document_links_test.py: in every document (*.md), each link to a file of the tree
# leads to one, with its #heading; and what stands in backticks or in a block of code
# and looks like a Bazel label or a path of the tree is there.

import os
import re

import source_tree

FILES = source_tree.files()
FOLDERS = {os.path.dirname(path).split("/")[0] for path in FILES} - {""}

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SPAN = re.compile(r"`([^`]+)`")
LABEL = re.compile(r"(?<![\w:/.])(?:@pma)?//[\w./-]*(?::[\w.+*-]+)?(?<![.,:])(?:\.\.\.)?")
PATH = re.compile(r"^[\w.*-]+(?:/[\w.*-]+)+(?:\.\w+|/)?$")


def slugs(text):
    """The anchors of a document's headings, as GitHub and others name them."""
    found = {}
    for heading in re.findall(r"^#+ +(.*?) *$", without_code_blocks(text), re.M):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")
        count = found.get(slug, 0)
        found[slug] = count + 1
        if count:
            found[f"{slug}-{count}"] = 1
    return set(found)


def without_code_blocks(text):
    return re.sub(r"^```.*?^```", lambda m: "\n" * m[0].count("\n"), text, flags=re.M | re.S)


def link_mistake(document, target):
    if re.match(r"[a-z]+:", target):
        return None
    path, _, anchor = target.partition("#")
    path = os.path.normpath(os.path.join(os.path.dirname(document), path)) if path else document
    if path.startswith("..") or not source_tree.exists(path):
        return f"link to {target}: no {path} in the tree"
    if anchor and path.endswith(".md") and anchor not in slugs(source_tree.read(path)):
        return f"link to {target}: no such heading in {path}"
    return None


def path_mistake(document, path):
    """A path of the tree; seen from the document, or only its last parts, will do."""
    if not re.search(r"\.\w+$|/$", path) or path.startswith("bazel-"):
        return None
    if path.endswith("/") and path.split("/")[0] not in FOLDERS:
        return None
    path = path.rstrip("/")
    beside = os.path.normpath(os.path.join(os.path.dirname(document), path))
    if source_tree.exists(path) or source_tree.exists(beside):
        return None
    for known in FILES:
        if source_tree.matches("**/" + path, known):
            return None
    return f"`{path}`: no such file in the tree"


def mistakes_in(document):
    text = source_tree.read(document)
    prose = without_code_blocks(text).splitlines()
    for number, line in enumerate(text.splitlines(), 1):
        in_block = prose[number - 1 : number] != [line]
        spans = [line] if in_block else SPAN.findall(line)
        found = [] if in_block else [link_mistake(document, t) for t in LINK.findall(line)]
        for span in spans:
            for label in LABEL.findall(re.sub(r"\w+://\S*", "", span)):
                mistake = label != "//" and source_tree.label_mistake(label)
                found.append(mistake and f"`{label}`: {mistake}")
            for word in [] if in_block else span.split():
                if PATH.match(word):
                    found.append(path_mistake(document, word))
        for mistake in filter(None, found):
            yield f"{document}:{number}: {mistake}"


documents = [path for path in FILES if path.endswith(".md")]
complaints = [mistake for document in documents for mistake in mistakes_in(document)]
if not documents:
    complaints = [f"no document in {source_tree.ROOT}"]
source_tree.end(complaints, f"{len(documents)} documents")
