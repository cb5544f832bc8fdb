# SPDX-License-Identifier: Apache-2.0

"""The setting that says what drives a fuzz target."""

ENGINES = [
    # An engine the command line links, e.g. --linkopt=$LIB_FUZZING_ENGINE.
    "external",
    # clang's own; --config=libfuzzer adds the instrumentation it needs.
    "libfuzzer",
    # None: //tools/fuzzing:replay_main runs given inputs once.
    "replay",
]

def _engine_impl(ctx):
    if ctx.build_setting_value not in ENGINES:
        fail("%s: '%s' is none of %s" % (ctx.label, ctx.build_setting_value, ENGINES))
    return []

engine_flag = rule(
    implementation = _engine_impl,
    build_setting = config.string(flag = True),
)
