"""Ten minutes of the same: does memory grow, do answers get slower?

A mixed load at a fixed rate over a fixed number of keys, of which values expire and come back all the time, so that as
much is held at the end as after two minutes. What is looked at is what changes from then on.
"""
import itertools
import statistics
import time

from . import machine, memory, mixed, openloop, pauses, plot, report
from .settings import RAW
from .subjects import KvFunctions

HEAP = "256m"
EXPIRING = 0.5  # of the PUTs
# By how much of itself each may grow from minute 2 to the end. The heap after collections is the least of each minute,
# since not all that those of the young generation leave is in use.
LIMITS = {"resident_mib": 0.05, "heap_mib": 0.1, "kv_memory_mib": 0.03, "entries": 0.03, "p99_ms": 0.25}
TITLES = {"resident_mib": "resident memory, MiB", "heap_mib": "heap after collection, MiB",
          "kv_memory_mib": "kv_memory_used_bytes, MiB", "entries": "kv_entries", "p99_ms": "p99, ms"}


def slope(points):
    """The median of all slopes between two points (Theil and Sen): a few that lie far off do not move it."""
    slopes = [(d - b) / (c - a) for (a, b), (c, d) in itertools.combinations(points, 2) if c != a]
    return statistics.median(slopes) if slopes else 0.0


def measure(seconds, every, rate, keys, warm_up):
    log, file = RAW / "steady-gc.log", RAW / "steady.requests"
    rows = []
    with KvFunctions(f"-Xmx{HEAP}", pauses.LOG.format(file=log), base=(mixed.IMAGE,)) as subject:
        mixed.fill(subject, 0, keys)
        mixed.write_requests(file, subject, EXPIRING)
        with openloop.Run(subject.port, file, rate, warm_up, seconds, keys=keys, every=every) as run:
            begin = run.begun()
            with machine.Meter(subject.pids(), [run.process.pid]) as meter:
                for number in range(1, int(seconds / every) + 1):
                    time.sleep(max(0.0, begin + number * every - time.time()))
                    entries, used = subject.metrics("kv_entries", "kv_memory_used_bytes")
                    rows.append({"second": number * every, "resident_mib": round(memory.resident(subject) / 2**20, 1),
                                 "kv_memory_mib": round(used / 2**20, 2), "entries": int(entries)})
                    print(f"{number * every:5} s   {rows[-1]['resident_mib']:6.1f} MiB resident   {int(entries):9,} "
                          f"entries", flush=True)
                result = run.result()
    file.unlink()
    collections = pauses.after(log.read_text())
    for row, part in zip(rows, result["slices"]):
        after = [size for at, size in collections if row["second"] - every <= at - begin <= row["second"]]
        row["heap_mib"] = round(min(after) / 2**20, 1) if after else ""
        row |= {"p50_ms": part["p50"] / 1000, "p99_ms": part["p99"] / 1000, "max_ms": part["max"] / 1000}
    return rows, result, meter


def verdict(rows, seconds):
    """How each changes from a fifth of the time on, as a share of its median."""
    late = [r for r in rows if r["second"] > seconds / 5]
    found = []
    for column, limit in LIMITS.items():
        points = [(r["second"], r[column]) for r in late if r[column] != ""]
        if column == "heap_mib":
            minutes = itertools.groupby(points, lambda p: (p[0] - 1) // 60)
            points = [min(group, key=lambda p: p[1]) for _, group in minutes]
        middle = statistics.median(p[1] for p in points) if points else 0
        change = slope(points) * seconds * 4 / 5 / middle if middle else 0.0
        found.append({"what": TITLES[column], "median": round(middle, 3), "change": round(change, 4), "limit": limit,
                      "steady": change <= limit})
    return found


def draw(file, rows):
    def line(column):
        return [(r["second"] / 60, r[column]) for r in rows if r[column] != ""]

    plot.write(file, "A mixed load for ten minutes", "minutes", [
        ("MiB", {"resident": line("resident_mib"), "heap after collection": line("heap_mib"),
                 "kv_memory_used_bytes": line("kv_memory_mib")}, False),
        ("ms", {"p50": line("p50_ms"), "p99": line("p99_ms"), "max": line("max_ms")}, True)])


def main(settings):
    seconds, every, rate, keys, warm_up = (600, 10, 30_000, 100_000, 15)
    if settings.quick:
        seconds, every, rate, keys, warm_up = (20, 2, 3_000, 10_000, 2)
    header = [pair for pair in machine.header(settings, ["kv-functions"]) if pair[0] != "java flags"]
    header += [("java flags", f"-XX:Flags=knative/image/defaults -Xmx{HEAP}"),
               ("load", f"{rate:,} requests a second over {keys:,} keys: {mixed.about(EXPIRING)}")]
    rows, result, meter = measure(seconds, every, rate, keys, warm_up)
    found = verdict(rows, seconds)
    text = report.table(("", "median", "change in the last four fifths", "at most"),
                        [(f["what"], f"{f['median']:,.4g}", f"{f['change']:+.1%}", f"{f['limit']:.0%}") for f in found])
    notes = [f"MISSED: {f['what']} grows by {f['change']:.1%}." for f in found if not f["steady"]] or ["Steady."]
    if result["unanswered"] or result["notOk"]:
        notes.append(f"MISSED: {result['unanswered']:,} requests had no answer, {result['notOk']:,} were errors.")
    keep = not settings.quick
    draw(report.place(keep) / "steady.svg", rows)
    report.write("steady", header, keep, rows, rows, text, notes + report.foreign_note(meter.foreign))
