# SPDX-License-Identifier: Apache-2.0

"""Proof that a sanitizer is on: a program with a fault it must report."""

load("@rules_shell//shell:sh_test.bzl", "sh_test")
load("//tools/cc:defs.bzl", "pma_cc_binary")
load(":variants.bzl", "SANITIZERS", "variant_binary")

def planted_fault(name, sanitizer, report):
    """Runs NAME.cc with and without its sanitizer.

    Creates
      * `name_SANITIZER_test`, which passes if the program dies with the report,
        and the report names a line of NAME.cc;
      * `name_plain_test`, which passes if the program ends well, without any
        report: the first test would notice a sanitizer that is off.

    Args:
      name: the fault, and the source file.
      sanitizer: the one of SANITIZERS that reports it.
      report: an extended regular expression for the report's first line.
    """
    pma_cc_binary(
        name = name,
        testonly = True,
        srcs = [name + ".cc"],
    )
    sh_test(
        name = name + "_plain_test",
        size = "small",
        srcs = ["expect_report.sh"],
        args = ["$(rootpath :%s)" % name],
        data = [":" + name],
        tags = ["plain"],
    )
    variant_binary(
        name = "%s_%s" % (name, sanitizer),
        testonly = True,
        binary = ":" + name,
        tags = [
            "clang",
            sanitizer,
        ],
        variant = sanitizer,
    )
    sh_test(
        name = "%s_%s_test" % (name, sanitizer),
        size = "small",
        srcs = ["expect_report.sh"],
        args = [
            "$(rootpath :%s_%s)" % (name, sanitizer),
            "'%s'" % report,
            "%s.cc:" % name,
        ],
        data = [":%s_%s" % (name, sanitizer)],
        env = SANITIZERS[sanitizer].env,
        tags = [
            "clang",
            sanitizer,
        ],
    )
