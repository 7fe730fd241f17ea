"""How the cost grows with the work: with entries, with the size of values, with connections, with the length of a page,
and when many entries expire at once.
"""
import contextlib
import random
import resource
import statistics
import time

from . import batch, listing, machine, memory, openloop, plot, report, rest
from .exchange import Connection
from .settings import RAW, VALUE_BYTES, key
from .subjects import KvFunctions

ENTRIES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
VALUES = (10, 100, 1_000, 10_000, 100_000, 1 << 20)  # bytes
CONNECTIONS = (1, 10, 100, 1_000, 10_000)
PAGES = (10, 100, 1_000, 10_000)
MOST_KEYS = 200_000  # that requests go over, from all over the store
MOST_BYTES = 64 << 20  # of all values that requests go over: wrk has to hold them
OPERATIONS = {"put": "PUT", "get": "GET"}
EXPIRING_FROM = 10_000_000  # numbers of keys


class Sized(rest.Load):
    """A load with values of some size."""

    passes = 1

    def __init__(self, subject, settings, order, size=VALUE_BYTES):
        super().__init__(subject, settings, order)
        self.size = size

    def value(self, number):
        return f"{number:05d}.{self.generation % 1000:03d}.".ljust(self.size, "x")

    def overwrite(self):
        """Writes some keys that are there already, and learns how long the answers are."""
        with Connection(self.subject.port) as c:
            some = self.order[:rest.SAMPLES]
            self.answer_bytes["put"] = statistics.mean(
                c.ask(self.subject.put_request(key(n), self.value(n))).length for n in some)
            self.answer_bytes["get"] = self.verify([c], some)


def amounts(settings):
    """What a quick run leaves out."""
    if settings.quick:
        return {"entries": ENTRIES[:2], "values": (10, 10_000, 1 << 20), "connections": (1, 100, 1_000),
                "pages": PAGES[:3], "seconds": 2, "warm_up": 3, "expiring": 100_000, "lead": 16, "expiry_seconds": 16,
                "rate": 2_000}
    return {"entries": ENTRIES, "values": VALUES, "connections": CONNECTIONS, "pages": PAGES,
            "seconds": 6, "warm_up": settings.warm_up_seconds, "expiring": 1_000_000, "lead": 40, "expiry_seconds": 45,
            "rate": 20_000}


def rates(load, seconds, row):
    """Adds to a row what wrk measures of it."""
    for operation in OPERATIONS:
        measured = load.run(operation, seconds)
        row |= {f"{operation}_per_second": round(measured["requests_per_second"]),
                f"{operation}_p99_ms": round(measured["p99_ms"], 3),
                f"{operation}_server_core": round(measured["server_core"], 2),
                f"{operation}_foreign_core": round(measured["foreign_core"], 2)}
    print("  ".join(f"{name} {amount:,}" for name, amount in row.items()), flush=True)
    return row


def warm(load, seconds):
    for operation in OPERATIONS:
        load.run(operation, seconds)


def by_entries(settings, amount):
    """Rates by how many entries there are, and what pages take where there are many."""
    rows, pages, filled = [], [], 0
    with KvFunctions("-Xms10g", "-Xmx10g") as subject:
        for entries in amount["entries"]:
            print(f"kv-functions: filling up to {entries:,} entries", flush=True)
            listing.fill(subject.port, filled, entries)
            filled = entries
            order = random.Random(1).sample(range(entries), min(entries, MOST_KEYS))
            load = Sized(subject, settings, order)
            load.overwrite()
            if not rows:
                warm(load, amount["warm_up"])
            rows.append(rates(load, amount["seconds"], {"entries": entries}))
            if entries == amount["entries"][max(len(amount["entries"]) - 2, 0)]:
                pages = by_page(subject, entries, amount["pages"])
    return rows, pages


def by_page(subject, entries, sizes):
    rows = []
    for size in (size for size in sizes if size <= entries):
        # What a size takes is measured apart, so that the longer ones need not be asked for as often.
        times = max(20, min(listing.TIMES, 200_000 // size))
        took = listing.pages(subject.port, entries, size, times)
        rows.append({"entries": entries, "page": size, "microseconds": round(took, 1),
                     "entries_per_second": round(size / took * 1e6)})
        print(f"page of {size:,}: {took:,.0f} µs", flush=True)
    return rows


def by_value(subject, settings, amount):
    rows = []
    for size in amount["values"]:
        load = Sized(subject, settings, rest.shuffled(min(settings.keys, MOST_BYTES // size)), size)
        load.prepare()
        if not rows:
            warm(load, amount["warm_up"])
        row = rates(load, amount["seconds"], {"value_bytes": size})
        row |= {f"{o}_mb_per_second": round(row[f"{o}_per_second"] * size / 1e6, 2) for o in OPERATIONS}
        rows.append(row)
    return rows


def by_connections(subject, settings, amount):
    rows = []
    load = Sized(subject, settings, rest.shuffled(settings.keys))
    load.prepare()
    load.timeout = 30  # for the first requests, which wait until all are connected
    for connections in amount["connections"]:
        load.connections = connections
        # It takes a while to open that many.
        rows.append(rates(load, amount["seconds"] + connections // 2_000, {"connections": connections}))
    return rows


def live_heap(subject):
    return memory.total(memory.histogram(subject.jcmd, subject.pid)) / 2**20


def expiry(settings, amount):
    """Lets many entries expire within about a second under a load of GETs for others; by seconds from then on."""
    file = RAW / "expiry.requests"
    with KvFunctions() as subject:
        load = rest.Load(subject, settings, list(range(settings.keys)))
        load.prepare()
        load.run("get", amount["warm_up"])
        load.write_requests(file, "get", 1)
        empty = live_heap(subject)
        moment = time.time() + amount["lead"]

        def elements():
            for number in range(EXPIRING_FROM, EXPIRING_FROM + amount["expiring"]):
                if number % 1000 == 0:
                    ttl = max(1, round(moment - time.time()))
                yield f'{{"key":"{key(number)}","value":"{"x" * VALUE_BYTES}","ttl":{ttl}}}'

        batch.fill(subject.port, elements())
        full = live_heap(subject)
        rows = []
        with openloop.Run(subject.port, file, amount["rate"], 3, amount["expiry_seconds"], every=1) as run:
            begin = run.begun()
            for second in range(amount["expiry_seconds"]):
                time.sleep(max(0.0, begin + second + 1 - time.time()))
                entries, used = subject.metrics("kv_entries", "kv_memory_used_bytes")
                rows.append({"second": round(begin + second - moment, 2), "entries": int(entries),
                             "memory_mib": round(used / 2**20, 2)})
            result = run.result()
        again = live_heap(subject)
        with Connection(subject.port) as c:
            load.verify([c], load.order[:rest.SAMPLES])
    file.unlink()
    if rows[0]["second"] > -2 or rows[-1]["second"] < 3:
        raise SystemExit("compare: curves: the machine was too slow for the entries to expire in the middle of the load")
    for row, part in zip(rows, result["slices"]):
        row |= {f"{name.replace('p999', 'p99.9')}_ms": part[name] / 1000 for name in ("p50", "p99", "p999", "max")}
    return rows, (empty, full, again)


def table_of_rates(rows, title, column):
    mb = "get_mb_per_second" in rows[0]
    head = [title, "GET/s", "PUT/s", "GET p99 ms", "PUT p99 ms"] + (["GET MB/s", "PUT MB/s"] if mb else [])
    return report.table(head, [
        (f"{r[column]:,}", f"{r['get_per_second']:,}", f"{r['put_per_second']:,}", f"{r['get_p99_ms']:.2f}",
         f"{r['put_p99_ms']:.2f}",
         *([f"{r['get_mb_per_second']:,.1f}", f"{r['put_mb_per_second']:,.1f}"] if mb else [])) for r in rows])


def lines(rows, x, columns):
    return {name: [(r[x], r[column]) for r in rows] for name, column in columns.items()}


def draw(folder, found, amount):
    per_second = {"GET": "get_per_second", "PUT": "put_per_second"}
    mb_per_second = {"GET": "get_mb_per_second", "PUT": "put_mb_per_second"}
    expired = f"{amount['expiring']:,} entries expire within about a second"
    for name in ("entries", "connections"):
        plot.write(folder / f"curves-{name}.svg", f"Requests a second by {name}", name,
                   [("requests/s", lines(found[name], name, per_second), True)], log_x=True)
    plot.write(folder / "curves-values.svg", "Requests and bytes a second by the size of values", "bytes of a value", [
        ("requests/s", lines(found["values"], "value_bytes", per_second), True),
        ("MB/s", lines(found["values"], "value_bytes", mb_per_second), True)], log_x=True)
    plot.write(folder / "curves-pages.svg", "What a page of the listing takes", "entries in the page", [
        ("µs", lines(found["pages"], "page", {"page": "microseconds"}), True)], log_x=True)
    plot.write(folder / "curves-expiry.svg", expired, "seconds from then on", [
        ("GET, ms", lines(found["expiry"], "second", {"p50": "p50_ms", "p99": "p99_ms", "max": "max_ms"}), True),
        ("kv_memory_used_bytes, MiB", lines(found["expiry"], "second", {"held": "memory_mib"}), False)])


@contextlib.contextmanager
def many_files(count):
    """Lets this program, and what it starts, open that many files."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(count, before[1])))
    except ValueError:
        raise SystemExit(f"compare: curves: {count} open files are needed, see ulimit -Hn") from None
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before[0], before[1]))


def main(settings):
    amount = amounts(settings)
    header = machine.header(settings, ["kv-functions"])
    header.append(("curves", ", ".join(f"{name} {what}" for name, what in amount.items())))
    found = {}
    found["entries"], found["pages"] = by_entries(settings, amount)
    most = max(amount["connections"])
    options = [f"--kv.http.connections={most + 100}"]
    with many_files(most + 1_000), KvFunctions("-Xms4g", "-Xmx4g", options=options) as subject:
        found["values"] = by_value(subject, settings, amount)
        found["connections"] = by_connections(subject, settings, amount)
    found["expiry"], (empty, full, again) = expiry(settings, amount)

    folder = report.place(not settings.quick)
    for name, rows in found.items():
        report.write_csv(folder / f"curves-{name}.csv", rows)
    draw(folder, found, amount)
    before = [r for r in found["expiry"] if r["second"] < -1]
    during = [r for r in found["expiry"] if -1 <= r["second"] <= 2]
    text = "\n\n".join((
        table_of_rates(found["entries"], "entries", "entries"),
        table_of_rates(found["values"], "bytes of a value", "value_bytes"),
        table_of_rates(found["connections"], "connections", "connections"),
        report.table((f"page, of {found['pages'][0]['entries']:,} entries", "µs", "entries/s"), [
            (f"{r['page']:,}", f"{r['microseconds']:,.0f}", f"{r['entries_per_second']:,}") for r in found["pages"]]),
        report.table((f"{amount['expiring']:,} expire", "p50 ms", "p99 ms", "p99.9 ms", "max ms"), [
            (what, *(f"{summary(r[column] for r in rows):,.2f}" for column in ("p50_ms", "p99_ms", "p99.9_ms")),
             f"{max(r['max_ms'] for r in rows):,.2f}")
            for what, rows, summary in (("before, median second", before, statistics.median),
                                        ("worst second then", during, max))]),
    ))
    foreign = max(r[f"{o}_foreign_core"] for name in ("entries", "values", "connections") for r in found[name]
                  for o in OPERATIONS)
    report.write_page("curves", header, not settings.quick, text, [
        f"Live heap before the entries that expire: {empty:.1f} MiB, with them {full:.1f} MiB, after their end "
        f"{again:.1f} MiB. GETs of other keys at {amount['rate']:,}/s meanwhile, from when they were due.",
        f"Requests go over at most {MOST_KEYS:,} keys, from all over the store. A page has at most {listing.MOST:,} "
        f"entries; what is more takes several."] + report.foreign_note(foreign))
