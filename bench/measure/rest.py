"""GET and PUT of single values over HTTP, under wrk, round after round, subject after subject."""
import contextlib
import json
import random
import re
import statistics
import subprocess
import time

from . import machine, openloop, report
from .exchange import Connection
from .settings import BENCH, CONNECTIONS, LOAD_CORE, PIPELINED, RAW, key, value
from .subjects import OVER_HTTP

OPERATIONS = {
    "get": "GET",
    "put": "PUT",
    f"get{PIPELINED}": f"GET, {PIPELINED} at a time",
}
SAMPLES = 200  # keys that are read back before and after every load


def value_number(answer):
    """Which key's value an answer has."""
    found = re.match(rb"value (\d+) ", answer.body)
    return int(found.group(1)) if found else -1


class Load:
    """A subject under load: which requests it gets, and whether what it answers is right."""

    passes = 2  # over all keys, that each run is to make at least

    def __init__(self, subject, settings, order):
        self.subject = subject
        self.settings = settings
        self.order = order  # of the keys' numbers, the same for all
        self.generation = 0
        self.connections = CONNECTIONS
        self.timeout = 2  # seconds after which wrk counts an answer as none
        self.answer_bytes = {}

    def value(self, number):
        return value(number, self.generation)

    def prepare(self):
        """Puts every key, and looks whether the subject is what it should be."""
        name = self.subject.name
        with Connection(self.subject.port) as c:
            missing = c.ask(self.subject.get_request("no-such-key"))
            if self.subject.value_of(missing) is not None:
                raise SystemExit(f"compare: {name} answers {missing.status} for a key it cannot know")
            for number in self.order:
                answer = c.ask(self.subject.put_request(key(number), self.value(number)))
                if answer.status not in (200, 201, 204):
                    raise SystemExit(f"compare: {name} answers {answer.status} to a PUT: {answer.body[:200]}")
            lengths = [c.ask(self.subject.put_request(key(n), self.value(n))).length for n in self.order[:SAMPLES]]
            self.answer_bytes["put"] = statistics.mean(lengths)
            self.answer_bytes["get"] = self.verify([c], self.order)
        self.subject.check_cores()

    def verify(self, connections, numbers, at_once=1):
        """Reads values back, byte for byte, over one connection after the other; how long an answer is on average,
        head and all."""
        lengths = []
        for turn, start in enumerate(range(0, len(numbers), at_once)):
            connection = connections[turn % len(connections)]
            group = numbers[start:start + at_once]
            connection.send(b"".join(self.subject.get_request(key(number)) for number in group))
            answers = [connection.response() for _ in group]
            if not self.subject.keeps_order:
                group, answers = sorted(group), sorted(answers, key=value_number)
            for number, answer in zip(group, answers):
                if self.subject.value_of(answer) != self.value(number).encode():
                    raise SystemExit(f"compare: {self.subject.name} answers {answer.status} {answer.body[:200]} "
                                     f"for {key(number)}, which holds {self.value(number)[:200]!r}")
                lengths.append(answer.length)
        return statistics.mean(lengths)

    def run(self, operation, seconds):
        """One run of wrk, and what it measured."""
        at_once = PIPELINED if operation == f"get{PIPELINED}" else 1
        kind = "put" if operation == "put" else "get"
        if kind == "put":
            self.generation += 1
        file = RAW / f"{self.subject.name}-{operation}.requests"
        self.write_requests(file, kind, at_once)
        # The connection that verifies is opened before wrk's: Webdis 0.1.9 sends an answer to whoever has the file
        # descriptor of the client that asked, even if that client is gone and another one has it.
        with contextlib.ExitStack() as stack:
            verifiers = [stack.enter_context(Connection(port)) for port in self.subject.ports]
            result, meter = self.measured(file, seconds)
            time.sleep(0.5)  # until what wrk left in flight is through, for the same reason
            self.check(operation, result, self.answer_bytes[kind])
            self.verify(verifiers, self.order[:SAMPLES] + self.order[-SAMPLES:], at_once)
        file.unlink()
        return self.row(operation, result, meter)

    def measured(self, file, seconds):
        with machine.Meter(self.subject.pids()) as meter:
            result = self.wrk(file, seconds)
        return result, meter

    def row(self, operation, result, meter):
        return {
            "subject": self.subject.name,
            "operation": operation,
            "requests_per_second": result["requests"] / result["seconds"],
            "p50_ms": result["p50"] / 1000,
            "p99_ms": result["p99"] / 1000,
            "max_ms": result["max"] / 1000,
            "requests_per_server_second": result["requests"] / result["seconds"] / meter.server,
            "server_core": meter.server,
            "wrk_core": meter.load,
            "foreign_core": meter.foreign,
            "steal_core": meter.steal,
        }

    def able(self, operations):
        return [o for o in operations if self.subject.pipelines or o != f"get{PIPELINED}"]

    def wrk(self, file, seconds, script="load.lua", *more):
        out = subprocess.run(
            ["taskset", "--cpu-list", str(LOAD_CORE), "wrk", "--threads", "1", "--connections", str(self.connections),
             "--duration", f"{seconds}s", "--timeout", f"{self.timeout}s", "--script", str(BENCH / script),
             f"http://127.0.0.1:{self.subject.port}/", "--", str(file), *more],
            stdout=subprocess.PIPE, text=True, check=True, timeout=seconds + 30).stdout
        return json.loads(out.splitlines()[-1])

    def write_requests(self, file, kind, at_once):
        def one(number):
            if kind == "put":
                return self.subject.put_request(key(number), self.value(number))
            return self.subject.get_request(key(number))

        # The last ones begin from the front again: wrk waits for as many answers to each as to the first.
        numbers = self.order + self.order[:-len(self.order) % at_once]
        openloop.write_requests(file, (b"".join(map(one, numbers[start:start + at_once]))
                                       for start in range(0, len(numbers), at_once)))

    def check(self, operation, result, expected_bytes):
        where = f"compare: {self.subject.name}, {operation}"
        if result["notOk"] or result["socketErrors"] or not result["requests"]:
            raise SystemExit(f"{where}: wrk saw {result['requests']} answers, {result['notOk']} of them errors, "
                             f"and {result['socketErrors']} socket errors")
        if result["requests"] < self.passes * len(self.order):
            raise SystemExit(f"{where}: {result['requests']} answers do not go over all keys: give it more --seconds")
        mean_bytes = result["bytes"] / result["requests"]
        if abs(mean_bytes / expected_bytes - 1) > self.subject.answers_vary:
            raise SystemExit(f"{where}: an answer has {mean_bytes:.1f} bytes, the verified ones {expected_bytes:.1f}")


def shuffled(count):
    """The numbers below this, in an order of no account that is the same each time."""
    order = list(range(count))
    random.Random(1).shuffle(order)
    return order


def prepared(stack, names, settings, kind=Load):
    """Starts these, and has each ready for load."""
    order, loads = shuffled(settings.keys), []
    for name in names:
        print(f"{name}: starting, putting {settings.keys} keys, reading them back", flush=True)
        loads.append(kind(stack.enter_context(OVER_HTTP[name]()), settings, order))
        loads[-1].prepare()
    return loads


def measure(settings, names, operations):
    rows = []
    with contextlib.ExitStack() as stack:
        loads = prepared(stack, names, settings)
        for load in loads:
            for operation in load.able(operations):
                load.run(operation, settings.warm_up_seconds if load.subject.name == "kv-functions"
                         else settings.seconds)
        for round_number in range(1, settings.rounds + 1):
            for operation in operations:
                for load in loads:
                    if operation not in load.able(operations):
                        continue
                    row = {"round": round_number} | load.run(operation, settings.seconds)
                    rows.append(row)
                    print(f"round {round_number}  {operation:6} {row['subject']:12} "
                          f"{row['requests_per_second']:9,.0f}/s  p50 {row['p50_ms']:6.2f} ms  "
                          f"p99 {row['p99_ms']:6.2f} ms   server {row['server_core']:4.0%}  wrk {row['wrk_core']:4.0%}  "
                          f"others {row['foreign_core']:3.0%}  steal {row['steal_core']:3.0%}", flush=True)
                loads = loads[1:] + loads[:1]
    return rows


def summary(rows, names, operations):
    """The median of each number over the rounds, and the ratio of kv-functions to each subject."""
    result = []
    for operation in operations:
        rates = {}
        for name in names:
            own = [r for r in rows if r["subject"] == name and r["operation"] == operation]
            if not own:
                continue

            def median(column, own=own):
                return statistics.median(r[column] for r in own)

            per_second = [r["requests_per_second"] for r in own]
            rates[name] = median("requests_per_second")
            result.append({
                "operation": operation,
                "subject": name,
                "requests_per_second": round(rates[name]),
                "lowest": round(min(per_second)),
                "highest": round(max(per_second)),
                "p50_ms": round(median("p50_ms"), 2),
                "p99_ms": round(median("p99_ms"), 2),
                "requests_per_server_second": round(median("requests_per_server_second")),
                "server_core": round(median("server_core"), 2),
                "wrk_core": round(median("wrk_core"), 2),
                "foreign_core": round(median("foreign_core"), 2),
                "kv_functions_ratio": "",
            })
        if "kv-functions" in rates:
            for row in result:
                if row["operation"] == operation and row["subject"] != "kv-functions":
                    row["kv_functions_ratio"] = round(rates["kv-functions"] / rates[row["subject"]], 2)
    return result


def table(result):
    head = ("", "", "requests/s", "lowest to highest", "p50 ms", "p99 ms", "server's core", "wrk's core",
            "kv-functions is")
    lines = []
    for row in result:
        ratio = row["kv_functions_ratio"]
        lines.append((
            OPERATIONS[row["operation"]], row["subject"], f"{row['requests_per_second']:,}",
            f"{row['lowest']:,} to {row['highest']:,}", f"{row['p50_ms']:.2f}", f"{row['p99_ms']:.2f}",
            f"{row['server_core']:.0%}", f"{row['wrk_core']:.0%}", f"{ratio:.2f} times that" if ratio else ""))
    return report.table(head, lines)


def notes(result):
    found = []
    for row in result:
        if row["wrk_core"] > 0.97 and row["server_core"] < 0.97:
            found.append(f"{row['subject']}, {row['operation']}: wrk's core was full and the server's was not: "
                         f"the server can do more than this.")
        if row["operation"] == f"get{PIPELINED}" and not OVER_HTTP[row["subject"]].keeps_order:
            found.append(f"{row['subject']} answers requests that are sent at once out of order: no client could use it so.")
    return found + report.foreign_note(max((r["foreign_core"] for r in result), default=0))


def main(settings, names, operations):
    header = machine.header(settings, names)
    rows = measure(settings, names, operations)
    result = summary(rows, names, operations)
    keep = names == list(OVER_HTTP) and not settings.quick
    report.write("http", header, keep, rows, result, table(result), notes(result))
