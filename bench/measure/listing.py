"""What a page of the listing takes as the store grows: it should depend on the page, not on the store.

Each size is filled in order of no account, then pages are asked for by prefix from places all over the order, one after
the other on one connection, and single entries beside them for comparison. Medians, in microseconds.
"""
import json
import random
import statistics
import time

from . import batch, machine, report
from .exchange import Connection
from .settings import key, value
from .subjects import KvFunctions

PAGES = (10, 100, 1_000)  # entries
TIMES = 200  # each
MOST = 1_000  # entries in a page: for more, one page follows another


def fill(port, begin, end):
    batch.fill(port, (batch.element(n, 0) for n in range(begin, end)))


def ask(c, path, check):
    begin = time.perf_counter()
    answer = c.ask(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    took = time.perf_counter() - begin
    if not check(answer):
        raise SystemExit(f"compare: listing: {path}: {answer.status} {answer.body[:300]}")
    return took * 1e6, answer


def ask_pages(c, prefix, size):
    """The time for as many entries, by their cursor where one page cannot hold them."""
    each = min(size, MOST)
    total, cursor = 0, ""
    for _ in range(size // each):
        took, answer = ask(c, f"/kv?prefix={prefix}&limit={each}{cursor}",
                           lambda a: a.status == 200 and a.body.count(b'"key"') == each)
        total += took
        cursor = "&cursor=" + json.loads(answer.body).get("cursor", "")
    return total


def pages(port, entries, size, times):
    """The median time for that many entries, from places all over the order."""
    # A prefix of all but the last digits of a key has its page in it, wherever it lies.
    places = [random.randrange(entries // size) * size for _ in range(times)]
    with Connection(port) as c:
        return statistics.median(ask_pages(c, key(place)[:-len(str(size)) + 1], size) for place in places)


def measure(port, entries):
    row = {"entries": entries} | {f"page_{size}_us": round(pages(port, entries, size, TIMES), 1) for size in PAGES}
    with Connection(port) as c:
        row["get_us"] = round(statistics.median(
            ask(c, f"/kv/{key(n)}", lambda a: a.status == 200 and a.body == value(n, 0).encode())[0]
            for n in (random.randrange(entries) for _ in range(TIMES * 10))), 1)
    return row


def main(settings):
    header = machine.header(settings, ["kv-functions"])
    sizes = (1_000, 100_000) if settings.quick else (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
    rows, filled = [], 0
    with KvFunctions("-Xms10g", "-Xmx10g") as subject:
        fill(subject.port, 0, sizes[0])
        for _ in range(10):  # so that the first size is not measured before the code is compiled
            measure(subject.port, sizes[0])
        for entries in sizes:
            print(f"kv-functions: filling up to {entries:,} entries", flush=True)
            fill(subject.port, filled, entries)
            filled = entries
            rows.append(measure(subject.port, entries))
    text = report.table(
        ("entries", *(f"page of {size:,}, µs" for size in PAGES), "one entry, µs"),
        [(f"{r['entries']:,}", *(f"{r[f'page_{size}_us']:,.0f}" for size in PAGES), f"{r['get_us']:,.0f}")
         for r in rows])
    report.write("listing", header, not settings.quick, rows, rows, text,
                 ["One request at a time, with the client's own time in it."])
