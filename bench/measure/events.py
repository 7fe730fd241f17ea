"""Events beside plain writes: what it costs to be applied once and in order.

One at a time under wrk, in binary mode against a PUT; and 1,000 a request, in batched mode against an array of puts.
Every event has an id of its own and a time later than the last one for its key, so that each is applied, and every
answer says so. Values are read back as after any load.
"""
import datetime
import itertools
import json
import random
import statistics
import time

from . import batch, machine, report, rest
from .exchange import Connection
from .settings import RAW, key, value
from .subjects import KvFunctions

BATCHED = "application/cloudevents-batch+json"
STEPS = {
    "put": "PUT, one a request",
    "event": "event in binary mode, one a request",
    "array": f"puts in an array, {batch.BATCH:,} a request",
    "batched": f"events in batched mode, {batch.BATCH:,} a request",
}
BESIDE = {"event": "put", "batched": "array"}  # what each is compared with
GENERATIONS = itertools.count(1)  # of values; each has a day to itself


def day(generation):
    """A date: each generation's events come a day after those of the one before."""
    return datetime.date(2026, 1, 1) + datetime.timedelta(days=generation)


class Single(rest.Load):
    """One write a request, and one event a request."""

    def request(self, number):
        """An event's request in three parts: the id goes between the first two, minute and second between the others."""
        body = value(number, self.generation)
        return (
            f"POST /put HTTP/1.1\r\nHost: 127.0.0.1:{self.subject.port}\r\nce-specversion: 1.0\r\nce-id: ",
            f"\r\nce-source: /bench/events\r\nce-type: io.example.changed\r\nce-time: {day(self.generation)}T00:",
            f"Z\r\nce-key: {key(number)}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n{body}")

    def prepare(self):
        super().prepare()
        self.generation = next(GENERATIONS)
        with Connection(self.subject.port) as c:
            lengths = []
            for number in self.order:
                head, middle, tail = self.request(number)
                answer = c.ask(f"{head}first-{number}{middle}00:00{tail}".encode())
                batch.expect(applied(answer), self.subject, "event", f"{answer.status} {answer.headers} {answer.body}")
                lengths.append(answer.length)
            self.answer_bytes["event"] = statistics.mean(lengths)
            self.verify([c], self.order)

    def run(self, operation, seconds):
        self.generation = next(GENERATIONS)
        if operation != "event":
            self.generation -= 1  # which it counts up itself
            return super().run(operation, seconds)
        file = RAW / f"{self.subject.name}-event.requests"
        with file.open("wb") as f:
            for number in self.order:
                for part in self.request(number):
                    f.write(b"%d\n%b" % (len(part), part.encode()))
        with Connection(self.subject.port) as verifier:
            with machine.Meter(self.subject.pids()) as meter:
                result = self.wrk(file, seconds, "event.lua", str(self.generation))
            time.sleep(0.5)
            self.check(operation, result, self.answer_bytes["event"])  # another outcome is another length
            self.verify([verifier], self.order[:rest.SAMPLES] + self.order[-rest.SAMPLES:])
        file.unlink()
        return self.row(operation, result, meter)


def applied(answer):
    return answer.status == 204 and answer.headers.get("kv-event") == "applied" and not answer.body


class Many:
    """A thousand writes a request, and a thousand events a request."""

    def __init__(self, subject, entries):
        self.subject = subject
        self.entries = entries
        self.generation = 0

    def event(self, number):
        minutes, millis = divmod(number, 60_000)
        return (f'{{"specversion":"1.0","id":"{self.generation}-{number}","source":"/bench/events",'
                f'"type":"io.example.changed","time":"{day(self.generation)}T00:{minutes:02d}:{millis / 1000:06.3f}Z",'
                f'"key":"{key(number)}","datacontenttype":"text/plain",'
                f'"data":"{value(number, self.generation)}"}}')

    def run(self, step):
        self.generation = next(GENERATIONS)
        events = step == "batched"
        requests = []
        for group in batch.batches(self.entries):
            elements = [self.event(n) if events else batch.element(n, self.generation) for n in group]
            requests.append(batch.post("/put", BATCHED if events else batch.JSON, f"[{','.join(elements)}]".encode()))

        def check(index, c):
            answer = c.response()
            right = applied(answer) if events else answer.status == 200 and answer.body.count(b'"etag"') == min(
                batch.BATCH, self.entries - index * batch.BATCH)
            batch.expect(right, self.subject, step, f"{answer.status} {answer.headers} {answer.body[:300]}")

        with machine.Meter(self.subject.pids()) as meter:
            seconds = batch.spread(lambda: Connection(self.subject.port), requests, check)
        self.verify(step)
        return {"subject": self.subject.name, "operation": step, "requests_per_second": self.entries / seconds,
                "p50_ms": 0, "p99_ms": 0, "server_core": meter.server, "wrk_core": meter.load,
                "foreign_core": meter.foreign, "steal_core": meter.steal}

    def verify(self, step):
        numbers = random.Random(self.generation).sample(range(self.entries), 400)
        with Connection(self.subject.port) as c:
            answer = c.ask(batch.post("/get", batch.JSON, json.dumps([key(n) for n in numbers]).encode()))
        values = [result.get("value") for result in json.loads(answer.body)]
        batch.expect(values == [value(n, self.generation) for n in numbers], self.subject, step, "wrong values")


def measure(settings):
    order = list(range(settings.keys))
    random.Random(1).shuffle(order)
    rows = []
    with KvFunctions() as subject:
        print(f"kv-functions: starting, putting {settings.keys} keys, reading them back", flush=True)
        single = Single(subject, settings, order)
        single.prepare()
        many = Many(subject, settings.entries // 2)
        for step in ("put", "event"):
            single.run(step, settings.warm_up_seconds)
        small = Many(subject, 20_000)
        end = time.monotonic() + settings.warm_up_seconds
        while time.monotonic() < end:
            for step in ("array", "batched"):
                small.run(step)
        for round_number in range(1, settings.rounds + 1):
            for step in STEPS:
                # Whoever is second would find another's garbage: take turns.
                if round_number % 2 == 0:
                    step = {v: k for k, v in BESIDE.items()}.get(step) or BESIDE[step]
                work = single.run(step, settings.seconds) if step in ("put", "event") else many.run(step)
                row = {"round": round_number} | work
                rows.append(row)
                print(f"round {round_number}  {STEPS[step]:42} {row['requests_per_second']:9,.0f}/s   "
                      f"server {row['server_core']:4.0%}  client {row['wrk_core']:4.0%}  "
                      f"others {row['foreign_core']:3.0%}  steal {row['steal_core']:3.0%}", flush=True)
    return rows


def summary(rows):
    result, rates = [], {}
    for step in STEPS:
        own = [r for r in rows if r["operation"] == step]
        per_second = [r["requests_per_second"] for r in own]
        rates[step] = statistics.median(per_second)
        result.append({
            "step": step,
            "writes_per_second": round(rates[step]),
            "lowest": round(min(per_second)),
            "highest": round(max(per_second)),
            "p50_ms": round(statistics.median(r["p50_ms"] for r in own), 2) or "",
            "p99_ms": round(statistics.median(r["p99_ms"] for r in own), 2) or "",
            "server_core": round(statistics.median(r["server_core"] for r in own), 2),
            "client_core": round(statistics.median(r["wrk_core"] for r in own), 2),
            "foreign_core": round(statistics.median(r["foreign_core"] for r in own), 2),
            "ratio": round(rates[step] / rates[BESIDE[step]], 2) if step in BESIDE else "",
        })
    return result


def table(result):
    head = ("", "writes/s", "lowest to highest", "p50 ms", "p99 ms", "server's core", "client's core", "")
    return report.table(head, [
        (STEPS[r["step"]], f"{r['writes_per_second']:,}", f"{r['lowest']:,} to {r['highest']:,}", str(r["p50_ms"]),
         str(r["p99_ms"]), f"{r['server_core']:.0%}", f"{r['client_core']:.0%}",
         f"{r['ratio']:.2f} times the one above" if r["ratio"] else "") for r in result])


def main(settings):
    header = machine.header(settings, ["kv-functions"])
    rows = measure(settings)
    result = summary(rows)
    report.write("events", header, not settings.quick, rows, result, table(result),
                 report.core_notes(result, lambda r: STEPS[r["step"]]))
