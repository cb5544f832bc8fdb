#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
#
# race.py LAUNCHER CSS DB_BENCH PLUGIN LIBRARY... -- FLAG...
#
# Races RocksDB's memtables in its own benchmark, by turns, where it is the memtable
# that counts: nothing is compressed, all is in one large write buffer. Prints a table
# and writes a report of one file that opens offline.

import argparse
import datetime
import html
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

MEMTABLES = {
    "skip_list": "RocksDB's skip list in Debian's library, which is compiled with assertions",
    "skip_list_unchecked": "the same algorithm without assertions, compiled as the map is: the fair opponent",
    "vector": "RocksDB's vector, which is sorted before it is read: raced where nothing is read",
    "pma": "this map",
}
HERO, FAIR = "pma", "skip_list_unchecked"

# Steps of db_bench: title, name there, what it is.
FILLED = [
    ("fillrandom", "fillrandom", "keys are put at random, without a log"),
    ("readrandom", "readrandom", "keys are looked up, of which two in three are there"),
    ("seekrandom", "seekrandom", "an iterator seeks a key and goes 100 further"),
    ("readseq", "readseq", "an iterator goes through all, entries"),
    ("readreverse", "readreverse", "the same backwards, entries"),
    ("readwhilewriting", "readwhilewriting", "look-ups, with a further thread that writes"),
]
FILLS = [
    ("fillseq", "fillseq", "ascending keys are put, without a log", ["--disable_wal=true"]),
    ("fillrandom, log", "fillrandom", "keys are put at random, with a log", ["--disable_wal=false"]),
]
STEPS = [(title, what) for title, _, what in FILLED] + [(title, what) for title, _, what, _ in FILLS]


def parse_arguments():
    split = sys.argv.index("--")
    files = sys.argv[1:split]
    parser = argparse.ArgumentParser(prog="race", description="races RocksDB's memtables")
    parser.add_argument("--num", type=int, default=500_000, help="keys")
    parser.add_argument("--reads", type=int, default=200_000, help="reads for each step, by all threads")
    parser.add_argument("--value_size", type=int, default=100)
    parser.add_argument("--threads", default="1,2,8", help="comma list")
    parser.add_argument("--memtables", default=",".join(MEMTABLES), help="comma list")
    parser.add_argument("--repeats", type=int, default=3, help="races; the median rate is shown")
    parser.add_argument("--report", default="rocksdb_race.html", help="file of the report; empty: none")
    parser.add_argument("--json", default="", help="file for all figures; empty: none")
    arguments = parser.parse_args(sys.argv[split + 1 :])
    arguments.threads = [int(count) for count in arguments.threads.split(",")]
    arguments.memtables = arguments.memtables.split(",")
    for memtable in arguments.memtables:
        if memtable not in MEMTABLES:
            parser.error(f"no memtable '{memtable}', only {', '.join(MEMTABLES)}")
    return files, arguments


def rates_in(output):
    found = re.findall(r"^(\w+) +: +[\d.]+ micros/op (\d+) ops/sec", output, re.MULTILINE)
    return {name: int(rate) for name, rate in found}


def plural(threads):
    return f"{threads} thread{'s' if threads > 1 else ''}"


class Race:
    """Runs the benchmark, and keeps what it measures."""

    def __init__(self, files, arguments):
        self.launcher = [files[0], *files[2:], "--"]
        self.arguments = arguments
        # {(threads, step): {memtable: [rates]}}
        self.rates = {}
        self.bytes_per_entry = {}

    def db_bench(self, memtable, threads, benchmarks, flags):
        a = self.arguments
        folder = tempfile.mkdtemp(prefix="race.")
        try:
            command = [
                *self.launcher,
                f"--db={folder}/db",
                f"--memtablerep={memtable}",
                f"--benchmarks={benchmarks}",
                f"--threads={threads}",
                f"--num={a.num}",
                f"--writes={a.num // threads}",
                f"--reads={a.reads // threads}",
                f"--value_size={a.value_size}",
                "--seek_nexts=100",
                # Enough for all, and for what is written beside readers; RocksDB reserves as much on
                # the disk for its log.
                f"--write_buffer_size={max(1 << 26, 4 * a.num * (a.value_size + 64))}",
                "--compression_type=none",
                f"--allow_concurrent_memtable_write={'false' if memtable == 'vector' else 'true'}",
                *flags,
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                sys.exit(f"race: db_bench has failed:\n{done.stdout}{done.stderr}")
            return done.stdout
        finally:
            shutil.rmtree(folder)

    def note(self, threads, title, memtable, rate):
        self.rates.setdefault((threads, title), {}).setdefault(memtable, []).append(rate)

    def run_one(self, memtable, threads):
        filled = FILLED[:1] if memtable == "vector" else FILLED
        steps = [name for _, name, _ in filled]
        output = self.db_bench(
            memtable, threads, ",".join([steps[0], "memstats", *steps[1:]]), ["--disable_wal=true"]
        )
        found = rates_in(output)
        for title, name, _ in filled:
            self.note(threads, title, memtable, found[name])
        size, count = (
            int(re.search(rf"^rocksdb\.{name}: (\d+)", output, re.MULTILINE).group(1))
            for name in ("cur-size-active-mem-table", "num-entries-active-mem-table")
        )
        self.bytes_per_entry[threads, memtable] = size / count
        for title, name, _, flags in FILLS:
            output = self.db_bench(memtable, threads, name, flags)
            self.note(threads, title, memtable, rates_in(output)[name])

    def run(self):
        a = self.arguments
        total = a.repeats * len(a.threads) * len(a.memtables)
        done = 0
        for repeat in range(a.repeats):
            for threads in a.threads:
                # Who is first is not always the same.
                for i in range(len(a.memtables)):
                    memtable = a.memtables[(i + repeat) % len(a.memtables)]
                    done += 1
                    print(f"{done} of {total}: {memtable}, {plural(threads)}", file=sys.stderr)
                    self.run_one(memtable, threads)

    def rate(self, threads, title, memtable):
        rates = self.rates[threads, title].get(memtable)
        return statistics.median(rates) if rates else None

    # For each number of threads: its title, and rows of cells.
    def tables(self):
        a = self.arguments
        with_ratio = HERO in a.memtables and FAIR in a.memtables
        for threads in a.threads:
            heading = ["thousand operations/s", *a.memtables, *([f"{HERO} : fair"] if with_ratio else [])]
            rows = []
            for title, _ in STEPS:
                rates = [self.rate(threads, title, memtable) for memtable in a.memtables]
                row = [title, *("-" if rate is None else f"{rate / 1000:.1f}" for rate in rates)]
                if with_ratio:
                    ratio = self.rate(threads, title, HERO) / self.rate(threads, title, FAIR)
                    row.append(f"{ratio:.2f}")
                rows.append(row)
            sizes = [self.bytes_per_entry[threads, memtable] for memtable in a.memtables]
            row = ["bytes/entry, record included", *(f"{size:.1f}" for size in sizes)]
            if with_ratio:
                of = dict(zip(a.memtables, sizes))
                row.append(f"{of[HERO] / of[FAIR]:.2f}")
            rows.append(row)
            yield plural(threads), heading, rows


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    load = os.getloadavg()[1]
    return (
        f"{model.group(1) if model else 'unknown processor'}, {os.cpu_count()} processors; "
        f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC; "
        f"average load of the last five minutes: {load:.1f}"
    )


def text_of(tables):
    for title, heading, rows in tables:
        yield f"\n{title}"
        first = max(len(row[0]) for row in [heading, *rows])
        widths = [max(len(row[i]) for row in [heading, *rows]) for i in range(1, len(heading))]
        for row in [heading, *rows]:
            cells = (cell.rjust(width) for cell, width in zip(row[1:], widths))
            yield f"  {row[0]:<{first}}  {'  '.join(cells)}"


def page_of(tables, css, facts, command):
    def cells(tag, row):
        return "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)

    parts = [
        f"<!DOCTYPE html><html lang=en><meta charset=utf-8><title>RocksDB's memtables</title><style>{css}</style>",
        "<body><div class=page><section class=hero><h1>RocksDB's memtables, raced by its own benchmark</h1>",
        f"<p class=lead>{html.escape(facts)}</p></section>",
    ]
    for title, heading, rows in tables:
        parts.append(f"<section><h2>{title}</h2><div class='card scroll'><table><thead><tr>{cells('th', heading)}</tr></thead>")
        parts.append("<tbody>" + "".join(f"<tr>{cells('td', row)}</tr>" for row in rows) + "</tbody></table></div></section>")
    for name, what in (("Steps", STEPS), ("Memtables", MEMTABLES.items())):
        terms = "".join(f"<dt>{html.escape(key)}<dd>{html.escape(value)}" for key, value in what)
        parts.append(f"<section><h2>{name}</h2><div class=card><dl>{terms}</dl></div></section>")
    parts.append(f"<section><h2>Again</h2><pre>{html.escape(command)}</pre></section></div>")
    return "\n".join(parts) + "\n"


def main():
    files, arguments = parse_arguments()
    with open(files[1], encoding="utf-8") as file:
        css = file.read()
    race = Race(files, arguments)
    race.run()
    tables = list(race.tables())
    facts = (
        f"{arguments.num} keys of 16 bytes, values of {arguments.value_size}; "
        f"median of {arguments.repeats} race{'s' if arguments.repeats > 1 else ''}. {machine()}."
    )
    print(facts, *text_of(tables), sep="\n")
    folder = os.environ.get("BUILD_WORKING_DIRECTORY", ".")
    command = " ".join(["tools/bazel run -c opt //integrations/rocksdb:race --", *sys.argv[sys.argv.index("--") + 1 :]])
    figures = [
        {"threads": threads, "step": title, "memtable": memtable, "rates": rates}
        for (threads, title), by_memtable in race.rates.items()
        for memtable, rates in by_memtable.items()
    ]
    for path, content in (
        (arguments.report, page_of(tables, css, facts, command)),
        (arguments.json, json.dumps({"facts": facts, "command": command, "figures": figures}, indent=2) + "\n"),
    ):
        if path:
            path = os.path.join(folder, path)
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
            print(f"wrote {path}")


main()
