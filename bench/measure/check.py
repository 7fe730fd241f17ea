"""Are the instruments right? Both generators of load against a server of which it is known what it does.

It stands still on purpose, for a known share of the time: requests that come by themselves then wait for up to as long,
evenly spread. So it is known which percentiles the open loop has to report. And it counts its answers, also those to
requests that came at once: wrk has to count as many. Where there is more to send than a server can answer, the open loop
has to get about as many through as wrk does.
"""
import os
import sys
import time

from . import machine, openloop, report, rest
from .exchange import Connection, answer_of
from .settings import BENCH, CONNECTIONS, PIPELINED, RAW, key, value
from .subjects import Nginx, Subject

STALL, PERIOD = 0.1, 2  # seconds
RATE = 4_000
THROUGH = 0.85  # of what wrk gets through


class Stub(Subject):
    name = "stub"

    def __init__(self, stall):
        super().__init__()
        self.stall = stall

    def start(self):
        self.run([sys.executable, "-B", BENCH / "peers/stub.py", self.port, self.stall, PERIOD], self.port)

    def answered(self):
        return int(answer_of(self.port, "/").body)


def expected(percent):
    """The percentile in milliseconds where a request waits for what is left of a stall, and nothing else takes time."""
    stalled = STALL / PERIOD
    return max(0.0, 1 - (1 - percent / 100) / stalled) * STALL * 1000


def open_loop(settings, file):
    """The percentiles that the open loop reports of a server that stalls."""
    seconds = 4 if settings.quick else 20
    with Stub(STALL) as stub:
        result, _ = openloop.measure(stub, file, RATE, 2, seconds)
    rows = []
    for name, percent in (("p50", 50), ("p90", 90), ("p99", 99), ("p999", 99.9)):
        rows.append({"what": f"open loop, {name.replace('999', '99.9')}, ms", "known": round(expected(percent), 1),
                     "measured": round(result[name] / 1000, 1)})
    rows.append({"what": "the same p99 as seen by who waits before sending, ms", "known": "",
                 "measured": round(result["sentP99"] / 1000, 1)})
    rows.append({"what": "answers of open loop", "known": RATE * seconds, "measured": result["requests"]})
    return rows


def wrk(subject, settings, file):
    return rest.Load(subject, settings, []).wrk(file, settings.seconds)


def by_wrk(settings, file, at_once):
    with Stub(0) as stub:
        before = stub.answered()
        counted = wrk(stub, settings, file)["requests"]
        time.sleep(0.5)
        answered = stub.answered() - before - 1
    return {"what": f"answers by wrk, {at_once} at a time", "known": answered, "measured": counted}


def through(settings, file):
    """What the open loop gets through, and wrk, where the server can do no more."""
    with Nginx() as nginx:
        with Connection(nginx.port) as c:
            c.ask(nginx.put_request(key(0), value(0, 0)))
        openloop.write_requests(file, [nginx.get_request(key(0))])
        before = wrk(nginx, settings, file)
        rate = before["requests"] / before["seconds"]
        result, _ = openloop.measure(nginx, file, 1.5 * rate, 2 if settings.quick else 5, settings.seconds)
    return {"what": "answers a second of nginx, by wrk and by open loop", "known": round(rate),
            "measured": round(result["requests"] / result["seconds"])}


def wrong(rows):
    """What differs from what is known by more than it may."""
    found = []
    for row in rows:
        known, measured = row["known"], row["measured"]
        if row["what"].startswith("answers a second"):
            right = measured >= THROUGH * known
        elif row["what"].startswith("open loop"):
            # A machine that is not quiet makes waits longer, none shorter.
            right = known - 0.1 * STALL * 1000 <= measured <= known + 0.3 * STALL * 1000
        elif row["what"].startswith("answers by wrk"):
            # What is on its way at the end it does not count.
            right = known - CONNECTIONS * PIPELINED <= measured <= known
        else:
            right = known in ("", measured)
        if not right:
            found.append(f"MISSED: {row['what']}: {measured:,} was measured, {known:,} is right.")
    return found


def main(settings):
    header = machine.header(settings, ["check"])
    header.append(("stub", f"stands still for {STALL * 1000:.0f} ms in every {PERIOD} s; {RATE:,} requests a second"))
    file = RAW / "check.requests"
    request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    openloop.write_requests(file, [request])
    rows = open_loop(settings, file)
    for at_once in (1, PIPELINED):
        openloop.write_requests(file, [request * at_once])
        rows.append(by_wrk(settings, file, at_once))
    rows.append(through(settings, file))
    os.unlink(file)
    text = report.table(("", "is known to be", "measured"),
                        [(r["what"], f"{r['known']:,}" if r["known"] != "" else "", f"{r['measured']:,}") for r in rows])
    report.write("check", header, not settings.quick, rows, rows, text, wrong(rows))
