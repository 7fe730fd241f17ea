"""bench/compare's command line."""
import argparse
import dataclasses
import os
import signal
import sys

from . import (batch, check, curves, events, gc, grid, idle, latency, listing, machine, memory, pipelining, rest, start,
               steady)
from .settings import LOAD_CORE, RAW, Settings
from .subjects import IN_BATCHES, OVER_HTTP

# The parts that are of kv-functions, alone or beside what belongs to them.
OF_ITS_OWN = {
    "latency": latency, "pipelining": pipelining, "listing": listing, "curves": curves, "events": events, "start": start,
    "idle": idle, "gc": gc, "steady": steady, "grid": grid,
}
PARTS = ("check", "http", "batch", "memory", *OF_ITS_OWN)


def arguments():
    parser = argparse.ArgumentParser(
        prog="bench/compare", description="Measures kv-functions beside other stores, on this machine.",
        epilog="QUICK=1 measures just long enough to try the scripts. JAVA_HOME, JAR, SERVER_CORE and LOAD_CORE "
               "say what to use instead of what is found.")
    parser.add_argument("what", nargs="?", default="all", choices=(*PARTS, "all"))
    parser.add_argument("--only", metavar="NAME,...", help=f"subjects, of {', '.join(OVER_HTTP | IN_BATCHES)}")
    parser.add_argument("--operations", metavar="NAME,...", default="get,put",
                        help=f"over http, of {', '.join(rest.OPERATIONS)} (get,put)")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int, help="of load for each subject and operation in a round, over http")
    return parser, parser.parse_args()


def chosen(parser, text, known):
    names = text.split(",")
    for name in names:
        if name not in known:
            parser.error(f"{name}: not one of {', '.join(known)}")
    return names


def main():
    parser, given = arguments()
    for stop in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, lambda number, _: sys.exit(128 + number))
    machine.check()
    os.sched_setaffinity(0, {LOAD_CORE})
    settings = Settings.of(quick=os.environ.get("QUICK", "0") not in ("", "0"))
    changes = {name: getattr(given, name) for name in ("rounds", "seconds") if getattr(given, name)}
    settings = dataclasses.replace(settings, **changes)
    operations = chosen(parser, given.operations, rest.OPERATIONS)
    only = chosen(parser, given.only, OVER_HTTP | IN_BATCHES) if given.only else [*OVER_HTTP, *IN_BATCHES]
    RAW.mkdir(parents=True, exist_ok=True)

    def of(known):
        return [name for name in known if name in only]

    if "kv-functions" in only:
        print(f"kv-functions: {machine.jar()}, on {machine.java_home()}", flush=True)
    if given.what in ("check", "all"):
        check.main(settings)
    if given.what in ("http", "all") and of(OVER_HTTP):
        rest.main(settings, of(OVER_HTTP), operations)
    if given.what in ("batch", "all") and of(IN_BATCHES):
        batch.main(settings, of(IN_BATCHES))
    if given.what in ("memory", "all") and of(IN_BATCHES):
        memory.main(settings, of(IN_BATCHES))
    for name, part in OF_ITS_OWN.items():
        if given.what in (name, "all") and "kv-functions" in only:
            part.main(dataclasses.replace(Settings.of_grid(settings.quick), **changes) if part is grid else settings)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
