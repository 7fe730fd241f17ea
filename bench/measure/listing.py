"""What a page of the listing takes as the store grows: it should depend on the page, not on the store.

Each size is filled in order of no account, then pages are asked for by prefix from places all over the order, one after
the other on one connection, and single entries beside them for comparison. Medians, in microseconds.
"""
import random
import statistics
import time

from . import batch, machine, report
from .exchange import Connection
from .settings import key, value
from .subjects import KvFunctions

PAGES = (10, 100, 1_000)  # entries
TIMES = 200  # each
CHUNK = 100_000  # entries a stream, so that the client need not hold ten million lines


def fill(port, begin, end):
    with Connection(port) as c:
        for first in range(begin, end, CHUNK):
            numbers = range(first, min(first + CHUNK, end))
            lines = "".join(batch.element(n, 0) + "\n" for n in numbers).encode()
            answer = c.ask(batch.post("/put", batch.NDJSON, lines, "Prefer: return=minimal"))
            if b'"failed":0' not in answer.body:
                raise SystemExit(f"compare: listing: {answer.body[:300]}")


def ask(c, path, check):
    begin = time.perf_counter()
    answer = c.ask(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    took = time.perf_counter() - begin
    if not check(answer):
        raise SystemExit(f"compare: listing: {path}: {answer.status} {answer.body[:300]}")
    return took * 1e6


def measure(port, entries):
    row = {"entries": entries}
    with Connection(port) as c:
        for size in PAGES:
            # A prefix of all but the last digits of a key has its page in it, wherever it lies.
            places = [random.randrange(entries // size) * size for _ in range(TIMES)]
            row[f"page_{size}_us"] = round(statistics.median(
                ask(c, f"/kv?prefix={key(place)[:-len(str(size)) + 1]}&limit={size}",
                    lambda a: a.status == 200 and a.body.count(b'"key"') == size)
                for place in places), 1)
        row["get_us"] = round(statistics.median(
            ask(c, f"/kv/{key(n)}", lambda a: a.status == 200 and a.body == value(n, 0).encode())
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
