# SPDX-License-Identifier: Apache-2.0

"""A program out of an npm package that carries it ready to run."""

_BUILD = """\
# The program {name} of the npm package {package}.
exports_files(["{name}"])
"""

def _by_npm(repository_ctx):
    """The package's archive, from the registry npm is configured for here."""
    attr = repository_ctx.attr
    wanted = "%s@%s" % (attr.package, attr.version)
    if not repository_ctx.which("npm"):
        fail("%s: cannot download %s, nor ask npm for %s: npm is not installed" % (
            attr.name,
            attr.url,
            wanted,
        ))
    packed = repository_ctx.execute(["npm", "pack", "--silent", wanted], timeout = 600)
    if packed.return_code != 0:
        fail("%s: neither %s nor npm could provide %s:\n%s" % (
            attr.name,
            attr.url,
            wanted,
            packed.stderr,
        ))

    # A download again, to check the hash and to fill Bazel's cache.
    archive = repository_ctx.path(packed.stdout.strip())
    repository_ctx.download_and_extract(
        url = "file://%s" % archive,
        sha256 = attr.sha256,
    )
    repository_ctx.delete(archive)

def _npm_program_impl(repository_ctx):
    attr = repository_ctx.attr
    machine = repository_ctx.execute(["uname", "-sm"]).stdout.strip()
    program = attr.programs.get(machine)
    if not program:
        fail("%s: %s has no program for %s" % (attr.name, attr.package, machine))

    # Bazel looks in its repository cache first, by the hash.
    downloaded = repository_ctx.download_and_extract(
        url = attr.url,
        sha256 = attr.sha256,
        allow_fail = True,
    )
    if not downloaded.success:
        _by_npm(repository_ctx)
    name = attr.program_name
    repository_ctx.execute(["mv", "package/" + program, name])
    if not repository_ctx.path(name).exists:
        fail("%s: %s no longer contains %s" % (attr.name, attr.package, program))
    repository_ctx.delete("package")
    repository_ctx.file("BUILD.bazel", _BUILD.format(name = name, package = attr.package))

npm_program = repository_rule(
    doc = """Makes a program of an npm package available as a label.

npm's public registry comes first, then npm itself with the machine's own
configuration. The archive is pinned by hash; nothing of it is run or installed.
""",
    implementation = _npm_program_impl,
    attrs = {
        "package": attr.string(mandatory = True),
        "program_name": attr.string(mandatory = True),
        "programs": attr.string_dict(
            doc = "Its file for each machine, by what `uname -sm` says.",
            mandatory = True,
        ),
        "sha256": attr.string(mandatory = True),
        "url": attr.string(mandatory = True),
        "version": attr.string(mandatory = True),
    },
)
