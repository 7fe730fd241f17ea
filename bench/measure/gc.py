"""Which collector, with which heap: a mixed load at a fixed rate, with the store filled to most of what it may hold.

The JVM has the flags of the image, and one core. Each collector with each heap runs once.
"""
from . import machine, memory, mixed, openloop, pauses, report
from .settings import RAW
from .subjects import KvFunctions

HEAPS = ("256m", "2g", "8g")
COLLECTORS = {
    "Serial": ("-XX:+UseSerialGC",),
    "Parallel": ("-XX:+UseParallelGC",),
    "G1": ("-XX:+UseG1GC",),
    "ZGC": ("-XX:+UseZGC",),
    "Shenandoah": ("-XX:+UseShenandoahGC", "-XX:ShenandoahGCMode=generational"),
}
FILLED = 0.7  # of the budget
EXPIRING = 0.1  # of the PUTs: few enough for the store to stay that full
FIRST = 10_000  # entries, by which to tell how many it takes


def fill(subject):
    """Fills the store; how many entries that took."""
    mixed.fill(subject, 0, FIRST)
    used, budget = subject.metrics("kv_memory_used_bytes", "kv_memory_budget_bytes")
    entries = int(FILLED * budget / (used / FIRST))
    mixed.fill(subject, FIRST, entries)
    return entries


def run(heap, collector, rate, warm_up, seconds):
    file, log = RAW / "gc.requests", RAW / f"gc-{heap}-{collector}.log"
    subject = KvFunctions(f"-Xmx{heap}", *COLLECTORS[collector], pauses.LOG.format(file=log), base=(mixed.IMAGE,))
    row = {"heap": heap, "collector": collector, "rate": rate, "ended": False}
    with subject:
        try:
            row["entries"] = fill(subject)
            mixed.write_requests(file, subject, EXPIRING)
            result, meter = openloop.measure(subject, file, rate, warm_up, seconds, keys=row["entries"])
            row["resident_mib"] = round(memory.resident(subject) / 2**20)
            file.unlink()
        except (SystemExit, OSError):
            if subject.leaders[0].poll() is None:
                raise
            return row | {"ended": True}  # by itself: the heap was too small for it
    begin, end = result["begin"], result["begin"] + seconds
    text = log.read_text()
    stops, stalls = (pauses.found(pattern, text, begin, end) for pattern in (pauses.PAUSE, pauses.STALL))
    per_second = result["requests"] / result["seconds"]
    return row | {
        "answered_per_second": round(per_second), "kept_up": per_second >= openloop.KEPT_UP * rate,
        **{f"{name.replace('p999', 'p99.9')}_ms": round(result[name] / 1000, 2)
           for name in ("p50", "p99", "p999", "max")},
        "pauses": len(stops), "pause_total_ms": round(sum(stops), 1), "pause_max_ms": round(max(stops, default=0), 1),
        "stalls": len(stalls), "stall_max_ms": round(max(stalls, default=0), 1),
        "server_core": round(meter.server, 2), "foreign_core": round(meter.foreign, 2),
        "missing": result["missing"], "not_ok": result["notOk"],
    }


def table(rows):
    head = ("heap", "collector", "entries", "answers/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "pauses",
            "in all, ms", "longest, ms", "stalls", "core", "resident, MiB")
    lines = []
    for r in rows:
        if r["ended"]:
            lines.append((r["heap"], r["collector"], *[""] * (len(head) - 2)))
            continue
        lines.append((
            r["heap"], r["collector"], f"{r['entries']:,}", f"{r['answered_per_second']:,}", f"{r['p50_ms']:,.2f}",
            f"{r['p99_ms']:,.2f}", f"{r['p99.9_ms']:,.2f}", f"{r['max_ms']:,.2f}", f"{r['pauses']:,}",
            f"{r['pause_total_ms']:,.0f}", f"{r['pause_max_ms']:,.1f}", f"{r['stalls']:,}", f"{r['server_core']:.0%}",
            f"{r['resident_mib']:,}"))
    return report.table(head, lines)


def notes(rows):
    found = []
    for r in rows:
        name = f"{r['collector']} with {r['heap']}"
        if r["ended"]:
            found.append(f"{name}: ended by itself, for want of memory.")
        elif not r["kept_up"]:
            found.append(f"{name}: could not keep up with {r['rate']:,}/s.")
        if r.get("not_ok"):
            found.append(f"{name}: {r['not_ok']:,} answers were errors.")
    for heap in dict.fromkeys(r["heap"] for r in rows):
        able = [r for r in rows if r["heap"] == heap and r.get("kept_up") and not r["not_ok"]]
        if able:
            best = min(able, key=lambda r: r["p99.9_ms"])
            found.append(f"Shortest p99.9 with {heap} of those that keep up: {best['collector']}, "
                         f"{best['p99.9_ms']} ms.")
    found.append("Times are from when a request was due. Stalls: a thread had to wait for the collector to free memory.")
    return found + report.foreign_note(max((r["foreign_core"] for r in rows if not r["ended"]), default=0))


def main(settings):
    rate, warm_up, seconds, heaps = (4_000, 2, 4, HEAPS[:1]) if settings.quick else (40_000, 15, 60, HEAPS)
    header = [pair for pair in machine.header(settings, ["kv-functions"]) if pair[0] != "java flags"]
    header += [("java flags", "-XX:Flags=knative/image/defaults -Xmx… and the collector"),
               ("load", f"{rate:,} requests a second for {seconds} s after {warm_up} s: {mixed.about(EXPIRING)}; the store filled "
                        f"to {FILLED:.0%} of what it may hold")]
    rows = []
    for heap in heaps:
        for collector in COLLECTORS:
            row = run(heap, collector, rate, warm_up, seconds)
            rows.append(row)
            print(f"{heap:5} {collector:10} " + ("ended by itself" if row["ended"] else
                  f"{row['answered_per_second']:8,}/s  p99 {row['p99_ms']:8.2f}  p99.9 {row['p99.9_ms']:8.2f}  "
                  f"max {row['max_ms']:8.2f} ms   pauses {row['pauses']:5,} of up to {row['pause_max_ms']:6.1f} ms   "
                  f"server {row['server_core']:4.0%}  others {row['foreign_core']:3.0%}"), flush=True)
    columns = max(rows, key=len).keys()
    rows = [{column: row.get(column, "") for column in columns} for row in rows]
    report.write("gc", header, not settings.quick, rows, rows, table(rows), notes(rows))
