"""Three instances that share one map: beside etcd over HTTP, and beside the map they share called from within.

Here servers and load share both cores, for all subjects alike: three servers that keep each other up to date are more
than one core is for. What is asked of any one of the three is answered by the instance that holds the key.
"""
import base64
import contextlib
import json
import os
import pathlib
import random
import signal
import statistics
import subprocess
import time
import zipfile

from . import batch, machine, memory, report, rest
from .exchange import Connection, answer_of, metrics
from .settings import BENCH, CONNECTIONS, KEY_BYTES, LOAD_CORE, SERVER_CORE, VALUE_BYTES, key, value
from .subjects import Subject, free_port

SERVERS = 3
CORES = (SERVER_CORE, LOAD_CORE)
# Three on two cores: each gets the threads for one, as a pod with one processor does.
JAVA = (f"@{BENCH / 'java-flags'}", "-XX:ActiveProcessorCount=1")
LEAST = {"etcd": 3, "bare IMap": 0.5}
LEAST_ENTRIES, MOST_APART = 50_000, 0.1


class Several(Subject):
    """Three servers that know the same."""

    cores = CORES

    def __init__(self):
        super().__init__()
        self.own_ports = [self.port] + [free_port() for _ in range(SERVERS - 1)]

    @property
    def ports(self):
        return self.own_ports

    def start_all(self, commands):
        """Starts one server by each command, all at the same moment."""
        logs = [self.log(command, str(number)) for number, command in enumerate(commands, 1)]
        processes = [self.launch(command, log) for command, log in zip(commands, logs)]
        for process, port, log in zip(processes, self.ports, logs):
            self.await_port(process, port, log, 120)


class Instances(Several):
    """kv-functions, each entry with one backup."""

    name = "kv-functions"

    def __init__(self, *options):
        super().__init__()
        self.options = options

    def start(self):
        home = machine.java_home()
        self.jcmd = home / "bin" / "jcmd"
        members = [free_port() for _ in self.ports]
        self.management = [free_port() for _ in self.ports]
        self.start_all([
            [home / "bin" / "java", *JAVA, "-jar", machine.jar(),
             "--server.address=127.0.0.1", f"--server.port={port}",
             "--management.server.address=127.0.0.1", f"--management.server.port={management}",
             f"--kv.grid.members={','.join(f'127.0.0.1:{m}' for m in members)}", "--kv.grid.address=127.0.0.1",
             f"--kv.grid.port={member}", f"--kv.grid.instances={SERVERS}", "--kv.grid.backups=1",
             "--kv.grid.cluster=compare", *self.options]
            for port, management, member in zip(self.ports, self.management, members)])
        end = time.monotonic() + 120
        while any(answer_of(port, "/readyz").status != 200 for port in self.ports):
            if time.monotonic() > end:
                raise SystemExit("compare: the instances of kv-functions do not get ready")
            time.sleep(0.1)

    def metric(self, name, instances=range(SERVERS)):
        """The sum of a metric over the instances."""
        return sum(metrics(self.management[i], name)[0] for i in instances)


class Etcd(Several):
    """etcd by its JSON gateway. Its log lies in memory and is not even synced there: as fast as it can be."""

    name = "etcd"
    answers_vary = 0.05  # with the length of its revisions

    def start(self):
        peers = [f"http://127.0.0.1:{free_port()}" for _ in self.ports]
        cluster = ",".join(f"member{i}={peer}" for i, peer in enumerate(peers))
        # In memory, whatever /tmp is.
        self.data = pathlib.Path("/dev/shm") / pathlib.Path(self.folder.name).name
        self.start_all([
            ["env", "GOMAXPROCS=1", "etcd", "--name", f"member{i}", "--data-dir", self.data / str(i), "--unsafe-no-fsync",
             "--listen-client-urls", f"http://127.0.0.1:{port}", "--advertise-client-urls", f"http://127.0.0.1:{port}",
             "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", cluster,
             "--initial-cluster-token", "compare", "--logger", "zap", "--log-level", "error"]
            for i, (port, peer) in enumerate(zip(self.ports, peers))])
        end = time.monotonic() + 30
        while any(b"true" not in answer_of(port, "/health").body for port in self.ports):
            if time.monotonic() > end:
                raise SystemExit("compare: the members of etcd do not find each other")
            time.sleep(0.1)

    def stop(self):
        super().stop()
        if hasattr(self, "data"):
            subprocess.run(["rm", "-rf", str(self.data)], check=False)

    def post(self, path, body):
        body = json.dumps(body, separators=(",", ":"))
        return (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

    def get_request(self, key):
        return self.post("/v3/kv/range", {"key": base64.b64encode(key.encode()).decode()})

    def put_request(self, key, value):
        return self.post("/v3/kv/put", {"key": base64.b64encode(key.encode()).decode(),
                                        "value": base64.b64encode(value.encode()).decode()})

    def value_of(self, answer):
        found = json.loads(answer.body).get("kvs", []) if super().value_of(answer) else []
        return base64.b64decode(found[0]["value"]) if found else None


class BareMap(Several):
    """What kv-functions keeps its entries in, set up by the same code but for how many threads the engine has, with nothing
    before it: peers/BareMap.java."""

    name = "bare IMap"
    operations = {"get": "IMap.get", "set": "IMap.set", "execute": "IMap.executeOnKey"}

    def __init__(self, keys):
        super().__init__()
        self.keys = keys

    def start(self):
        home = machine.java_home()
        folder = pathlib.Path(self.folder.name)
        with zipfile.ZipFile(machine.jar()) as jar:
            jar.extractall(folder, [name for name in jar.namelist() if name.startswith("BOOT-INF/")])
        classes = f"{folder}/BOOT-INF/classes:{folder}/BOOT-INF/lib/*"
        subprocess.run([home / "bin" / "javac", "-nowarn", "-proc:none", "-cp", classes, "-d", folder / "peer",
                        BENCH / "peers/BareMap.java"], check=True)
        members = ",".join(map(str, self.ports))
        first, *others = [
            [home / "bin" / "java", *JAVA, "-cp", f"{folder / 'peer'}:{classes}",
             "io.kvfunctions.grid.BareMap", port, members, self.keys] for port in self.ports]
        log = self.log(first, "1")
        pipe = subprocess.PIPE
        self.caller = self.launch(first, log, stdin=pipe, stdout=pipe)
        for number, command in enumerate(others, 2):
            # Its standard input ends when this program does, and it then.
            self.launch(command, self.log(command, str(number)), stdin=pipe)
        if self.line() != b"ready":
            raise SystemExit(f"compare: {self.name} did not start, see {log}")

    def line(self):
        return self.caller.stdout.readline().strip()

    def run_load(self, operation, seconds):
        """Calls it for so long; calls a second."""
        with machine.Meter(self.pids()) as meter:
            self.caller.stdin.write(f"{operation} {seconds}\n".encode())
            self.caller.stdin.flush()
            answer = self.line()
        batch.expect(answer, self, operation, "no answer")
        return {"subject": self.name, "operation": operation, "requests_per_second": float(answer), "p50_ms": 0,
                "p99_ms": 0, "server_core": meter.server, "wrk_core": 0, "foreign_core": meter.foreign,
                "steal_core": meter.steal}


class Spread(rest.Load):
    """A subject under load through all of its servers, by a process of wrk for each with its share of the
    connections and a place of its own among the keys to begin at."""

    def wrk(self, file, seconds, script="load.lua", *more):
        ports = self.subject.ports
        runs = [subprocess.Popen(
            ["taskset", "--cpu-list", ",".join(map(str, CORES)), "wrk", "--threads", "1",
             "--connections", str(CONNECTIONS // len(ports) + (i < CONNECTIONS % len(ports))),
             "--duration", f"{seconds}s", "--script", str(BENCH / script), f"http://127.0.0.1:{port}/",
             "--", str(file), str(i * len(self.order) // len(ports)), *more],
            stdout=subprocess.PIPE, text=True) for i, port in enumerate(ports)]
        results = [json.loads(run.communicate(timeout=seconds + 30)[0].splitlines()[-1]) for run in runs]
        if any(run.returncode for run in runs):
            raise SystemExit("compare: wrk failed")
        requests = sum(r["requests"] for r in results)
        return {
            **{name: sum(r[name] for r in results) for name in ("requests", "bytes", "notOk", "socketErrors")},
            "seconds": requests / sum(r["requests"] / r["seconds"] for r in results),
            # The mean of their medians, and the worst of the others.
            "p50": sum(r["p50"] * r["requests"] for r in results) / max(requests, 1),
            **{name: max(r[name] for r in results) for name in ("p99", "max")},
        }


class Cases:
    """The loads, in the order of a round: single requests for both servers, and calls of the map."""

    def __init__(self, settings, stack):
        order = rest.shuffled(settings.keys)
        self.settings = settings
        self.servers = []
        for subject in (Instances(), Etcd()):
            print(f"{subject.name}: starting {SERVERS}, putting {settings.keys} keys, reading them back", flush=True)
            load = Spread(stack.enter_context(subject), settings, order)
            load.prepare()
            self.servers.append(load)
        print(f"{BareMap.name}: starting {SERVERS}", flush=True)
        self.map = stack.enter_context(BareMap(settings.keys))
        self.instances = self.servers[0].subject

    def runs(self):
        """All there is to run, as (subject, operation, what runs it for some seconds)."""
        found = [(load.subject.name, operation, lambda s, l=load, o=operation: l.run(o, s))
                 for operation in ("get", "put") for load in self.servers]
        return found + [(self.map.name, operation, lambda s, o=operation: self.map.run_load(o, s))
                        for operation in BareMap.operations]

    def measure(self):
        for name, _, run in self.runs():
            run(self.settings.seconds if name == Etcd.name else self.settings.warm_up_seconds)
        rows, runs = [], self.runs()
        for round_number in range(1, self.settings.rounds + 1):
            for _, operation, run in runs:
                row = {"round": round_number} | run(self.settings.seconds)
                rows.append(row)
                print(f"round {round_number}  {operation:8} {row['subject']:12} {row['requests_per_second']:9,.0f}/s  "
                      f"p50 {row['p50_ms']:6.2f} ms  p99 {row['p99_ms']:6.2f} ms   servers {row['server_core']:4.0%}  "
                      f"wrk {row['wrk_core']:4.0%}  others {row['foreign_core']:3.0%}  "
                      f"steal {row['steal_core']:3.0%}", flush=True)
            runs = runs[1:] + runs[:1]
        return rows


BATCHES = {
    "array-put-new": "put, new keys, 1,000 a request",
    "array-put-over": "put, overwriting, 1,000 a request",
    "array-get": "get, 1,000 a request",
    "stream-put-new": "put, new keys, one stream",
    "stream-put-over": "put, overwriting, one stream",
}


def batches(subject, settings):
    """Many entries a request, all through the first instance."""
    def run_round(work):
        for step in ("array-put-new", "array-put-over", "array-get", "array-delete", "stream-put-new",
                     "stream-put-over", "array-delete"):
            with machine.Meter(subject.pids()) as meter:
                seconds = work.run(step)
            yield {"subject": subject.name, "operation": step, "requests_per_second": work.entries / seconds,
                   "p50_ms": 0, "p99_ms": 0, "server_core": meter.server, "wrk_core": meter.load,
                   "foreign_core": meter.foreign, "steal_core": meter.steal}

    small = batch.OverHttp(subject, settings.entries // 5)
    end = time.monotonic() + settings.warm_up_seconds
    while time.monotonic() < end:
        list(run_round(small))
    rows, work = [], batch.OverHttp(subject, settings.entries)
    for round_number in range(1, settings.rounds + 1):
        for row in run_round(work):
            if row["operation"] in BATCHES:
                rows.append({"round": round_number} | row)
                print(f"round {round_number}  {BATCHES[row['operation']]:34} {row['requests_per_second']:11,.0f}/s   "
                      f"servers {row['server_core']:4.0%}  client {row['wrk_core']:4.0%}  "
                      f"others {row['foreign_core']:3.0%}  steal {row['steal_core']:3.0%}", flush=True)
    return rows


def live_bytes(subject):
    return sum(memory.total(memory.histogram(subject.jcmd, leader.pid)) for leader in subject.leaders)


def fill(subject, entries):
    """Puts them, a share through each instance."""
    bodies = [f"[{','.join(batch.element(n, 1) for n in group)}]".encode() for group in batch.batches(entries)]
    requests = [batch.post("/put", batch.JSON, body) for body in bodies]
    ports = iter(subject.ports * batch.AT_ONCE)

    def check(index, c):
        answer = c.response()
        count = min(batch.BATCH, entries - index * batch.BATCH)
        batch.expect(answer.body.count(b'"created":true') == count, subject, "filling", answer.body[:300])

    return batch.spread(lambda: Connection(next(ports)), requests, check)


def held(subject, entries):
    """What the heaps hold with many entries less what they hold with none, and what the metrics say of the same."""
    time.sleep(1)  # several times the span after which an instance counts anew
    empty, empty_said = live_bytes(subject), subject.metric("kv_memory_used_bytes")
    print(f"kv-functions: filling with {entries:,} entries", flush=True)
    fill(subject, entries)
    time.sleep(1)
    full, said = live_bytes(subject), subject.metric("kv_memory_used_bytes")
    counted = subject.metric("kv_entries")
    batch.expect(counted == entries, subject, "filling", f"kv_entries says {counted:,.0f}")
    return (full - empty) / entries / 2, (said - empty_said) / entries / 2


def leave(subject, entries):
    """Asks the last instance to go. Seconds until it has gone, and its exit status; all entries are then with the
    others."""
    begin = time.monotonic()
    subject.leaders[-1].send_signal(signal.SIGTERM)
    status = subject.leaders[-1].wait(120)
    seconds = time.monotonic() - begin
    rest_of_them = range(SERVERS - 1)
    end = time.monotonic() + 10  # for what went from one to the other to be counted
    while subject.metric("kv_entries", rest_of_them) != entries and time.monotonic() < end:
        time.sleep(0.1)
    counted = subject.metric("kv_entries", rest_of_them)
    batch.expect(counted == entries, subject, "leaving", f"{counted:,.0f} of {entries:,} entries are left")
    numbers = random.Random(1).sample(range(entries), 400)
    for i in rest_of_them:
        with Connection(subject.ports[i]) as c:
            answer = c.ask(batch.post("/get", batch.JSON, json.dumps([key(n) for n in numbers]).encode()))
        values = [one.get("value") for one in json.loads(answer.body)]
        batch.expect(values == [value(n, 1) for n in numbers], subject, "leaving", "wrong values")
    return seconds, status


def median_row(rows, what, subject, operation):
    own = [r for r in rows if r["subject"] == subject and r["operation"] == operation]
    rates = [r["requests_per_second"] for r in own]

    def median(column, digits):
        return round(statistics.median(r[column] for r in own), digits)

    return {
        "what": what, "subject": subject, "amount": median("requests_per_second", None), "unit": "1/s",
        "lowest": round(min(rates)), "highest": round(max(rates)),
        "p50_ms": median("p50_ms", 2) or "", "p99_ms": median("p99_ms", 2) or "",
        "servers_core": median("server_core", 2), "client_core": median("wrk_core", 2),
        "foreign_core": median("foreign_core", 2), "kv_functions_ratio": "",
    }


def summary(single, many):
    """The medians, and the ratio of kv-functions to what it stands beside."""
    result = []
    for operation, what, calls in (("get", "GET", ("get",)), ("put", "PUT", ("set", "execute"))):
        own = median_row(single, what, Instances.name, operation)
        others = [median_row(single, what, Etcd.name, operation)]
        others += [median_row(single, BareMap.operations[call], BareMap.name, call) for call in calls]
        for other in others:
            other["kv_functions_ratio"] = round(own["amount"] / other["amount"], 2)
        result += [own, *others]
    return result + [median_row(many, what, Instances.name, step) for step, what in BATCHES.items()]


def one(what, amount, unit, digits=1):
    """A row of what is measured once."""
    row = dict.fromkeys(("what", "subject", "amount", "unit", "lowest", "highest", "p50_ms", "p99_ms", "servers_core",
                         "client_core", "foreign_core", "kv_functions_ratio"), "")
    return row | {"what": what, "subject": Instances.name, "amount": round(amount, digits), "unit": unit}


def tables(result, once):
    requests = [r for r in result if r["what"] not in BATCHES.values()]
    head = ("", "", "a second", "lowest to highest", "p50 ms", "p99 ms", "servers", "client", "kv-functions is")
    first = report.table(head, [
        (r["what"], r["subject"], f"{r['amount']:,}", f"{r['lowest']:,} to {r['highest']:,}", str(r["p50_ms"]),
         str(r["p99_ms"]), f"{r['servers_core']:.0%}", f"{r['client_core']:.0%}",
         f"{r['kv_functions_ratio']:.2f} times that" if r["kv_functions_ratio"] else "") for r in requests])
    head = ("through one instance", "entries/s", "lowest to highest", "servers", "client")
    second = report.table(head, [
        (r["what"], f"{r['amount']:,}", f"{r['lowest']:,} to {r['highest']:,}", f"{r['servers_core']:.0%}",
         f"{r['client_core']:.0%}") for r in result if r["what"] in BATCHES.values()])
    third = report.table(("once", "", ""), [(r["what"], f"{r['amount']:,}", r["unit"]) for r in once])
    return "\n\n".join((first, second, third))


def notes(result, bytes_held, bytes_said, status):
    found = []
    for row in result:
        ratio, least = row["kv_functions_ratio"], LEAST.get(row["subject"], 0)
        if ratio and ratio < least:
            found.append(f"MISSED: {row['what']} is {ratio:.2f} times that of {row['subject']}, at least {least} is the aim.")
        if row["what"] in BATCHES.values() and row["amount"] < LEAST_ENTRIES:
            found.append(f"MISSED: {row['what']}: {row['amount']:,} entries/s, at least {LEAST_ENTRIES:,} is the aim.")
    if abs(bytes_said / bytes_held - 1) > MOST_APART:
        found.append(f"MISSED: kv_memory_used_bytes says {bytes_said / bytes_held:.2f} times what the heaps hold.")
    if status:
        found.append(f"MISSED: the instance that left ended with status {status}.")
    found.append("Servers and load share both cores, for all subjects alike. etcd does not sync its log, which lies in "
                 "memory. IMap is called from inside one of three members, by 32 threads.")
    return found + report.foreign_note(max(r["foreign_core"] for r in result))


def main(settings):
    header = machine.header(settings, ["kv-functions"], f"servers and load share {CORES[0]} and {CORES[1]}")
    header.append(("grid", f"{SERVERS} servers each, one backup of each entry; keys of {KEY_BYTES} bytes, values of "
                           f"{VALUE_BYTES}; {CONNECTIONS} connections spread over all three"))
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, CORES)
    try:
        with contextlib.ExitStack() as stack:
            with contextlib.ExitStack() as beside:
                cases = Cases(settings, beside)
                single = cases.measure()
            # Those have gone, and with them the keys: what follows is of kv-functions alone, and of all its memory.
            subject = stack.enter_context(Instances())
            many = batches(subject, settings)
            bytes_held, bytes_said = held(subject, settings.memory_entries)
            seconds, status = leave(subject, settings.memory_entries)
    finally:
        os.sched_setaffinity(0, before)
    result = summary(single, many)
    entries = f"with {settings.memory_entries:,} entries"
    once = [one(f"heap, {entries}", bytes_held, "bytes for each copy of an entry"),
            one(f"kv_memory_used_bytes, {entries}", bytes_said, "bytes for each copy of an entry"),
            one(f"to leave, {entries}", seconds, "s until it has ended"),
            one("exit status of the one that left", status, "", None)]
    report.write("grid", header, not settings.quick, single + many, result + once, tables(result, once),
                 notes(result, bytes_held, bytes_said, status))
