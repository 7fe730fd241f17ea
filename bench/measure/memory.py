"""What an entry costs in memory: what is held with many entries, less what is held with none, by entry.

For kv-functions that is the live heap, by jcmd GC.class_histogram, which collects garbage first. For Redis it is
used_memory. The memory that the process has of the system (RSS) stands beside both, as a check on what they leave out.
"""
import re
import subprocess

from . import batch, machine, report
from .exchange import Redis
from .settings import KEY_BYTES, VALUE_BYTES
from .subjects import IN_BATCHES


def held(subject):
    """Bytes that the store holds."""
    if subject.name == "redis":
        with Redis(subject.port) as c:
            return int(re.search(rb"used_memory:(\d+)", c.ask("INFO", "memory")).group(1))
    total = 0
    for command in ("GC.run", "GC.class_histogram"):
        out = subprocess.run([subject.jcmd, str(subject.pid), command], stdout=subprocess.PIPE, text=True,
                             check=True).stdout
        found = re.search(r"^Total\s+\d+\s+(\d+)", out, re.M)
        total = int(found.group(1)) if found else 0
    return total


def resident(subject):
    return sum(int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1)) * 1024
               for pid in subject.pids())


def measure(subject, entries):
    warm = batch.steps(subject, 20_000)
    for step in ("array-put-new", "array-put-over", "array-get", "array-delete"):
        warm.run(step)
    work = batch.steps(subject, entries)
    empty, empty_resident = held(subject), resident(subject)
    work.run("array-put-new")
    work.run("array-put-over")
    work.run("array-get")
    full, full_resident = held(subject), resident(subject)
    return {
        "subject": subject.name,
        "entries": entries,
        "empty_bytes": empty,
        "full_bytes": full,
        "bytes_per_entry": round((full - empty) / entries, 1),
        "empty_resident_bytes": empty_resident,
        "full_resident_bytes": full_resident,
        "resident_bytes_per_entry": round((full_resident - empty_resident) / entries, 1),
    }


def main(settings, names):
    header = machine.header(settings, names)
    result = []
    for name in names:
        print(f"{name}: filling with {settings.memory_entries:,} entries", flush=True)
        with IN_BATCHES[name]() as subject:
            result.append(measure(subject, settings.memory_entries))
    text = report.table(
        ("", "entries", "bytes an entry", "held empty", "held full", "resident an entry"),
        [(r["subject"], f"{r['entries']:,}", f"{r['bytes_per_entry']:.1f}", f"{r['empty_bytes'] / 2**20:.1f} MiB",
          f"{r['full_bytes'] / 2**20:.1f} MiB", f"{r['resident_bytes_per_entry']:.1f}") for r in result])
    notes = [f"An entry has a key of {KEY_BYTES} bytes and a value of {VALUE_BYTES}."]
    if len(result) == 2:
        notes.append(f"kv-functions takes {result[0]['bytes_per_entry'] / result[1]['bytes_per_entry']:.2f} times "
                     f"the memory of Redis.")
    keep = names == list(IN_BATCHES) and not settings.quick
    report.write("memory", header, keep, result, result, text, notes)
