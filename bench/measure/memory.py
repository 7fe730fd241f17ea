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
    """Bytes that the store holds, by what holds them where that can be told: class → (instances, bytes)."""
    if subject.name == "redis":
        with Redis(subject.port) as c:
            return {"": (0, int(re.search(rb"used_memory:(\d+)", c.ask("INFO", "memory")).group(1)))}
    return histogram(subject.jcmd, subject.pid)


def histogram(jcmd, pid):
    """What lives on the heap of a JVM."""
    # Four times: the serial and the parallel collector leave some dead objects, as fillers, but every fourth time.
    for command in (*["GC.run"] * 4, "GC.class_histogram"):
        out = subprocess.run([jcmd, str(pid), command], stdout=subprocess.PIPE, text=True,
                             check=True).stdout
    return {name: (int(instances), int(size))
            for instances, size, name in re.findall(r"^ *\d+: +(\d+) +(\d+) +(\S+)", out, re.M)}


def total(histogram):
    return sum(size for _, size in histogram.values())


def parts(empty, full, entries):
    """The classes that an entry is made of: name, instances and bytes of each in an entry."""
    grown = [(name, (count - empty.get(name, (0, 0))[0]) / entries, (size - empty.get(name, (0, 0))[1]) / entries)
             for name, (count, size) in full.items()]
    return sorted((part for part in grown if part[2] >= 0.5), key=lambda part: -part[2])


def resident(subject, part="VmRSS"):
    """Bytes of memory that a subject has of the system, or a part of it, as RssFile."""
    return sum(int(re.search(rf"{part}:\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1)) * 1024
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
        "empty_bytes": total(empty),
        "full_bytes": total(full),
        "bytes_per_entry": round((total(full) - total(empty)) / entries, 1),
        "empty_resident_bytes": empty_resident,
        "full_resident_bytes": full_resident,
        "resident_bytes_per_entry": round((full_resident - empty_resident) / entries, 1),
    }, parts(empty, full, entries)


def main(settings, names):
    header = machine.header(settings, names)
    result, made_of = [], []
    for name in names:
        print(f"{name}: filling with {settings.memory_entries:,} entries", flush=True)
        with IN_BATCHES[name]() as subject:
            row, own = measure(subject, settings.memory_entries)
        result.append(row)
        if name == "kv-functions":
            made_of = own
    text = report.table(
        ("", "entries", "bytes an entry", "held empty", "held full", "resident an entry"),
        [(r["subject"], f"{r['entries']:,}", f"{r['bytes_per_entry']:.1f}", f"{r['empty_bytes'] / 2**20:.1f} MiB",
          f"{r['full_bytes'] / 2**20:.1f} MiB", f"{r['resident_bytes_per_entry']:.1f}") for r in result])
    notes = [f"An entry has a key of {KEY_BYTES} bytes and a value of {VALUE_BYTES}."]
    if len(result) == 2:
        notes.append(f"kv-functions takes {result[0]['bytes_per_entry'] / result[1]['bytes_per_entry']:.2f} times "
                     f"the memory of Redis.")
    if made_of:
        text += "\n\n" + report.table(
            ("of kv-functions' heap", "in an entry", "bytes"),
            [(name, f"{instances:.2f}", f"{size:.1f}") for name, instances, size in made_of])
    keep = names == list(IN_BATCHES) and not settings.quick
    report.write("memory", header, keep, result, result, text, notes)
