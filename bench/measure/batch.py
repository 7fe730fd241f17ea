"""Many entries a request: arrays and NDJSON against Redis' own ways of doing the same, in entries a second.

A round puts all entries as new, puts them again, reads them and deletes them, so that every round starts alike.
Every answer is checked: the first of each step whole, the others by counting.
"""
import concurrent.futures
import contextlib
import itertools
import json
import re
import statistics
import subprocess
import tempfile
import threading
import time

from . import machine, report
from .exchange import Connection, Redis
from .settings import CONNECTIONS, KEY_BYTES, PIPELINED, VALUE_BYTES, key, value
from .subjects import IN_BATCHES

BATCH = 1_000  # entries in an array
AT_ONCE = 8  # connections that send arrays
FILLED_AT_ONCE = 50_000  # lines in a stream that is only to fill
JSON, NDJSON = "application/json", "application/x-ndjson"

STEPS = {
    "array-put-new": f"put, new keys, {BATCH:,} a request",
    "array-put-over": f"put, overwriting, {BATCH:,} a request",
    "array-get": f"get, {BATCH:,} a request",
    "array-delete": f"delete, {BATCH:,} a request",
    "stream-put-new": "put, new keys, one stream",
    "stream-put-over": "put, overwriting, one stream",
    "stream-put-totals": "put, overwriting, one stream, totals only",
    "stream-export": "export, one stream",
    "pipelined-set": f"SET by redis-benchmark, {PIPELINED} at a time",
}


def expect(holds, subject, step, what):
    if not holds:
        raise SystemExit(f"compare: {subject.name}, {step}: {what}")


def post(path, content_type, body, *headers):
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {content_type}",
            f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(head) + "\r\n\r\n").encode() + body


def element(number, generation):
    return f'{{"key":"{key(number)}","value":"{value(number, generation)}"}}'


def fill(port, elements):
    """Puts entries by streams, of which each is short enough for the client to hold."""
    elements = iter(elements)
    with Connection(port) as c:
        while chunk := list(itertools.islice(elements, FILLED_AT_ONCE)):
            lines = ("\n".join(chunk) + "\n").encode()
            answer = c.ask(post("/put", NDJSON, lines, "Prefer: return=minimal"))
            if answer.status != 200 or b'"failed":0' not in answer.body:
                raise SystemExit(f"compare: filling: {answer.status} {answer.body[:300]}")


def batches(entries):
    return [range(start, min(start + BATCH, entries)) for start in range(0, entries, BATCH)]


def spread(open_connection, requests, check):
    """Sends the requests over a few connections at once, each waiting for its answer; the seconds it took."""
    def work(mine):
        with open_connection() as c:
            for index in mine:
                c.send(requests[index])
                check(index, c)

    shares = [range(start, len(requests), AT_ONCE) for start in range(min(AT_ONCE, len(requests)))]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        begin = time.monotonic()
        for done in [pool.submit(work, share) for share in shares]:
            done.result()
        return time.monotonic() - begin


class OverHttp:
    """The steps for kv-functions. Each gives the seconds it took."""

    skips = {"pipelined-set"}

    def __init__(self, subject, entries):
        self.subject = subject
        self.entries = entries
        self.steps = {}
        groups = batches(entries)
        for generation, step in enumerate(("array-put-new", "array-put-over")):
            self.steps[step] = [post("/put", JSON, f"[{','.join(element(n, generation) for n in group)}]".encode())
                                for group in groups]
        keys = [("[" + ",".join(f'"{key(n)}"' for n in group) + "]").encode() for group in groups]
        self.steps["array-get"] = [post("/get", JSON, body) for body in keys]
        self.steps["array-delete"] = [post("/delete", JSON, body) for body in keys]
        self.lines = ["".join(element(n, g) + "\n" for n in range(entries)).encode() for g in (0, 1)]

    def run(self, step):
        if step.startswith("array"):
            return spread(lambda: Connection(self.subject.port), self.steps[step],
                          lambda index, c: self.check(step, index, c.response()))
        if step == "stream-export":
            return self.export()
        return self.put_stream(step)

    def check(self, step, index, answer):
        count = min(BATCH, self.entries - index * BATCH)
        sign = {"array-put-new": b'"created":true', "array-put-over": b'"created":false', "array-get": b'"value":"',
                "array-delete": b'"deleted":true'}[step]
        found = answer.body.count(sign)
        expect(answer.status == 200 and found == count, self.subject, step,
               f"{answer.status}, {found} times {sign.decode()} of {count}: {answer.body[:300]}")
        if index == 0:
            results = json.loads(answer.body)
            expect([r["key"] for r in results] == [key(n) for n in range(count)], self.subject, step, "wrong keys")
            if step == "array-get":
                expect([r["value"] for r in results] == [value(n, 1) for n in range(count)], self.subject, step,
                       "wrong values")

    def put_stream(self, step):
        """Sends all lines as one body, while another thread reads the results: neither waits for the other."""
        totals = step == "stream-put-totals"
        lines = self.lines[0 if step == "stream-put-new" else 1]
        request = post("/put", NDJSON, lines, *(["Prefer: return=minimal"] if totals else []))
        with Connection(self.subject.port) as c:
            begin = time.monotonic()
            sender = threading.Thread(target=c.send, args=(request,), daemon=True)
            sender.start()
            status, headers = c.head()
            expect(status == 200, self.subject, step, f"answers {status}")
            sign = b'"created":true' if step == "stream-put-new" else b'"created":false'
            last, found = self.count(c.pieces(status, headers), sign)
            seconds = time.monotonic() - begin
            sender.join(60)
        if totals:
            found = json.loads(last)["succeeded"]
        expect(found == self.entries, self.subject, step, f"{found} of {self.entries} succeeded: {last[:300]}")
        return seconds

    def export(self):
        request = b"GET /kv?prefix= HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/x-ndjson\r\n\r\n"
        with Connection(self.subject.port) as c:
            begin = time.monotonic()
            c.send(request)
            status, headers = c.head()
            expect(status == 200, self.subject, "stream-export", f"answers {status}")
            last, found = self.count(c.pieces(status, headers), b'"value":"')
            seconds = time.monotonic() - begin
        expect(found == self.entries, self.subject, "stream-export", f"{found} of {self.entries} lines")
        line = json.loads(last)
        expect((line["key"], line["value"]) == (key(self.entries - 1), value(self.entries - 1, 1)),
               self.subject, "stream-export", f"last line {line}")
        return seconds

    def count(self, pieces, sign):
        """How often `sign` stands in the lines of a body, and its last line."""
        found, rest = 0, b""
        last = b""
        for piece in pieces:
            end = piece.rfind(b"\n") + 1
            if not end:
                rest += piece
                continue
            whole = rest + piece[:end]
            found += whole.count(sign)
            last, rest = whole[whole.rfind(b"\n", 0, -1) + 1:], piece[end:]
        return (rest or last), found + rest.count(sign)


class OverRedis:
    """The same steps for Redis: MSET, MGET and DEL of many keys, redis-cli --pipe, and redis-benchmark."""

    skips = {"stream-put-totals", "stream-export"}

    def __init__(self, subject, entries):
        self.subject = subject
        self.entries = entries
        self.steps = {}
        groups = batches(entries)
        for generation, step in enumerate(("array-put-new", "array-put-over")):
            self.steps[step] = [
                Redis.command("MSET", *(word for n in group for word in (key(n), value(n, generation))))
                for group in groups]
        self.steps["array-get"] = [Redis.command("MGET", *map(key, group)) for group in groups]
        self.steps["array-delete"] = [Redis.command("DEL", *map(key, group)) for group in groups]
        self.streams = []
        for generation in (0, 1):
            file = tempfile.TemporaryFile(prefix="compare-")
            file.writelines(Redis.command("SET", key(n), value(n, generation)) for n in range(entries))
            file.flush()
            self.streams.append(file)

    def run(self, step):
        if step.startswith("array"):
            return spread(lambda: Redis(self.subject.port), self.steps[step],
                          lambda index, c: self.check(step, index, c))
        return self.benchmark() if step == "pipelined-set" else self.pipe(step)

    def check(self, step, index, c):
        count = min(BATCH, self.entries - index * BATCH)
        if step == "array-get":
            first = index * BATCH
            body = c.strings(VALUE_BYTES)
            found = body.count(b"of generation 1")
            expect(found == count and body[6:].startswith(value(first, 1).encode()), self.subject, step, body[:300])
        else:
            reply = c.reply()
            expect(reply == (b"%d" % count if step == "array-delete" else b"OK"), self.subject, step, reply)

    def pipe(self, step):
        file = self.streams[0 if step == "stream-put-new" else 1]
        file.seek(0)
        begin = time.monotonic()
        out = subprocess.run(["redis-cli", "-p", str(self.subject.port), "--pipe"], stdin=file,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300).stdout
        seconds = time.monotonic() - begin
        expect(f"errors: 0, replies: {self.entries}" in out, self.subject, step, out)
        return seconds

    def benchmark(self):
        out = subprocess.run(
            ["redis-benchmark", "-p", str(self.subject.port), "-t", "set", "-c", str(CONNECTIONS), "-P", str(PIPELINED),
             "-n", str(self.entries), "-r", str(self.entries), "-d", str(VALUE_BYTES), "--csv"],
            stdout=subprocess.PIPE, text=True, timeout=300).stdout
        found = re.search(r'"SET","([\d.]+)"', out)
        expect(found, self.subject, "pipelined-set", out)
        with Redis(self.subject.port) as c:
            c.ask("FLUSHALL")
        return self.entries / float(found.group(1))


ROUND = ("array-put-new", "array-put-over", "array-get", "array-delete", "stream-put-new", "stream-put-over",
         "stream-put-totals", "stream-export", "array-delete", "pipelined-set")


def steps(subject, entries):
    return (OverRedis if subject.name == "redis" else OverHttp)(subject, entries)


def measure(settings, names):
    rows = []
    with contextlib.ExitStack() as stack:
        subjects = []
        for name in names:
            print(f"{name}: starting", flush=True)
            subjects.append(stack.enter_context(IN_BATCHES[name]()))
            subjects[-1].check_cores()
        for subject in subjects:
            small = steps(subject, 20_000)
            end = time.monotonic() + 2 * settings.warm_up_seconds
            while True:
                for step in ROUND:
                    if step not in small.skips:
                        small.run(step)
                if subject.name != "kv-functions" or time.monotonic() > end:
                    break
        works = [steps(subject, settings.entries) for subject in subjects]
        for round_number in range(1, settings.rounds + 1):
            for step in ROUND:
                for work in works:
                    if step in work.skips:
                        continue
                    with machine.Meter(work.subject.pids()) as meter:
                        seconds = work.run(step)
                    row = {"round": round_number, "step": step, "subject": work.subject.name,
                           "entries_per_second": settings.entries / seconds, "server_core": meter.server,
                           "client_core": meter.load, "foreign_core": meter.foreign, "steal_core": meter.steal}
                    rows.append(row)
                    print(f"round {round_number}  {STEPS[step]:42} {row['subject']:12} "
                          f"{row['entries_per_second']:11,.0f}/s   server {meter.server:4.0%}  client {meter.load:4.0%}  "
                          f"others {meter.foreign:3.0%}  steal {meter.steal:3.0%}", flush=True)
    return rows


def summary(rows):
    result = []
    for step in STEPS:
        rates = {}
        for name in IN_BATCHES:
            own = [r for r in rows if r["step"] == step and r["subject"] == name]
            if own:
                rates[name] = statistics.median(r["entries_per_second"] for r in own)
                result.append({
                    "step": step,
                    "subject": name,
                    "entries_per_second": round(rates[name]),
                    "lowest": round(min(r["entries_per_second"] for r in own)),
                    "highest": round(max(r["entries_per_second"] for r in own)),
                    "server_core": round(statistics.median(r["server_core"] for r in own), 2),
                    "client_core": round(statistics.median(r["client_core"] for r in own), 2),
                    "foreign_core": round(statistics.median(r["foreign_core"] for r in own), 2),
                    "kv_functions_ratio": "",
                })
        if len(rates) == 2:
            result[-1]["kv_functions_ratio"] = round(rates["kv-functions"] / rates["redis"], 2)
    return result


# Puts by one stream of lines against what Redis has for the same: redis-cli --pipe, which like the totals tells no more
# than how many succeeded, and redis-benchmark, of whose keys six in ten are new.
STREAMS = (
    ("new keys, an answer for each", "stream-put-new", "stream-put-new"),
    ("overwriting, an answer for each", "stream-put-over", "stream-put-over"),
    ("overwriting, totals only", "stream-put-totals", "stream-put-over"),
    ("new keys, an answer for each", "stream-put-new", "pipelined-set"),
)


def streams(result):
    """The streams side by side; nothing where only one of the two was measured."""
    rates = {(r["subject"], r["step"]): r["entries_per_second"] for r in result}
    return [(what, f"redis-benchmark -P {PIPELINED} -t set" if theirs == "pipelined-set" else "redis-cli --pipe",
             rates["kv-functions", own], rates["redis", theirs])
            for what, own, theirs in STREAMS if ("kv-functions", own) in rates and ("redis", theirs) in rates]


def table(result):
    head = ("", "", "entries/s", "lowest to highest", "server's core", "client's core", "kv-functions is")
    return report.table(head, [
        (STEPS[r["step"]], r["subject"], f"{r['entries_per_second']:,}", f"{r['lowest']:,} to {r['highest']:,}",
         f"{r['server_core']:.0%}", f"{r['client_core']:.0%}",
         f"{r['kv_functions_ratio']:.2f} times that" if r["kv_functions_ratio"] else "") for r in result])


def main(settings, names):
    header = machine.header(settings, names)
    header.append(("batches", f"arrays and MSET over {AT_ONCE} connections, keys of {KEY_BYTES} bytes, "
                              f"values of {VALUE_BYTES}; streams: NDJSON, and redis-cli --pipe for Redis"))
    rows = measure(settings, names)
    result = summary(rows)
    keep = names == list(IN_BATCHES) and not settings.quick
    text = table(result)
    if beside := streams(result):
        text += "\n\n" + report.table(("NDJSON, put", "beside", "entries/s", "theirs", "ratio"), [
            (what, theirs, f"{own:,}", f"{other:,}", f"{own / other:.2f}") for what, theirs, own, other in beside])
    report.write("batch", header, keep, rows, result, text,
                 report.core_notes(result, lambda r: f"{r['subject']}, {STEPS[r['step']]}"))
