"""What a JVM's own log says of its garbage collections."""
import re

# Lines begin with the time, in milliseconds since 1970. The collectors that work beside the application log their short
# pauses as phases.
LOG = "-Xlog:gc,gc+phases:file={file}:timemillis:filecount=0"
PAUSE = re.compile(r"^\[(\d+)ms\] GC\(\d+\) .*?Pause .*?([\d.]+)ms$", re.M)
STALL = re.compile(r"^\[(\d+)ms\] .*?(?:Allocation|Relocation) Stall .*?([\d.]+)ms$", re.M)
HEAP = re.compile(r"^\[(\d+)ms\] GC\(\d+\) .*?\d+[KMG](?:\(\d+%\))?->(\d+)([KMG])\(\d+", re.M)
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def found(pattern, log, begin, end):
    """The milliseconds that were logged between two times, which are in seconds since 1970."""
    return [float(took) for at, took in pattern.findall(log) if begin <= int(at) / 1000 <= end]


def after(log):
    """What the heap held after each collection, as (seconds since 1970, bytes)."""
    return [(int(at) / 1000, int(amount) * UNITS[unit]) for at, amount, unit in HEAP.findall(log)]
