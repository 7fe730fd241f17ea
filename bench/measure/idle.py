"""What one instance of the image takes of the memory when it does next to nothing: after its start and 100 requests.

As in `start`, no container is needed: the folder of the image and its command, told of as much memory as a small
container has. Its flags (knative/image/defaults) say how much of that is the heap, and nothing else is set.
"""
import statistics
import time

from . import machine, memory, report, start
from .exchange import Connection
from .settings import key, value

REQUESTS = 100


def use(subject):
    """Half of them PUTs, half of them GETs."""
    with Connection(subject.port) as c:
        for number in range(REQUESTS // 2):
            put = c.ask(subject.put_request(key(number), value(number, 0)))
            got = c.ask(subject.get_request(key(number)))
            if put.status != 201 or subject.value_of(got) != value(number, 0).encode():
                raise SystemExit(f"compare: idle: {put.status}, then {got.status} {got.body[:200]}")


def main(settings):
    header = [pair for pair in machine.header(settings, ["kv-functions"]) if pair[0] != "java flags"]
    folder, command = start.layout()
    flags = [line for line in (folder / "defaults").read_text().splitlines() if not line.startswith("#")]
    header += [("command", " ".join(command)), ("defaults", " ".join(flags))]
    rows = []
    for number in range(1 if settings.quick else 3):
        with start.Started("image", folder, command) as subject:
            use(subject)
            time.sleep(start.REST_SECONDS)
            # What is of files, instances on a node share.
            total, files = memory.resident(subject), memory.resident(subject, "RssFile")
        rows.append({"round": number + 1, "resident_bytes": total, "file_bytes": files})
        print(f"round {number + 1}  {total / 2**20:.0f} MiB, {files / 2**20:.0f} MiB of files", flush=True)
    result = [{"subject": "image", "resident_mib": round(statistics.median(r["resident_bytes"] for r in rows) / 2**20),
               "file_mib": round(statistics.median(r["file_bytes"] for r in rows) / 2**20)}]
    text = report.table(("", "resident, MiB", "of that files, MiB"),
                        [(r["subject"], str(r["resident_mib"]), str(r["file_mib"])) for r in result])
    report.write("idle", header, not settings.quick, rows, result, text,
                 [f"{start.REST_SECONDS} s after the last of {REQUESTS} requests, on a machine of {start.CONTAINER}, as far "
                  f"as the JVM is told (-XX:MaxRAM)."])
