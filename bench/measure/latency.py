"""How long a request takes at a load that the server can bear, from when it was due.

First the rate that each gives under wrk, as `http` does. Then the open loop at a share of each one's own rate, and at the
same rate for all: that share of the slowest one's.
"""
import contextlib
import statistics

from . import openloop, report, machine, rest
from .settings import CONNECTIONS

NAMES = ("kv-functions", "webdis", "nginx")
SHARE = 0.7
WARM_UP_SECONDS = 5  # for the open loop's own compiler
PERCENTILES = {"p50_ms": "p50", "p90_ms": "p90", "p99_ms": "p99", "p99.9_ms": "p999", "max_ms": "max"}


class Paced(rest.Load):
    """A subject under wrk, or where there is a rate, under the open loop."""

    rate = 0

    def measured(self, file, seconds):
        if not self.rate:
            return super().measured(file, seconds)
        return openloop.measure(self.subject, file, self.rate, 2 if self.settings.quick else WARM_UP_SECONDS, seconds)

    def row(self, operation, result, meter):
        row = super().row(operation, result, meter)
        if self.rate:
            row |= {"rate": self.rate, "unanswered": result["unanswered"], "late_ms": result["late"] / 1000}
            row |= {column: result[name] / 1000 for column, name in PERCENTILES.items()}
        return row

    def check(self, operation, result, expected_bytes):
        if result.get("missing"):
            raise SystemExit(f"compare: {self.subject.name}: {result['missing']} answers that there is no such key")
        if result["requests"]:  # else it cannot keep up at all, and the table says so
            super().check(operation, result, expected_bytes)


def top_rates(loads, settings):
    """What each gives under wrk, the median of all rounds."""
    rates = {load.subject.name: [] for load in loads}
    for round_number in range(settings.rounds):
        for load in loads[round_number % len(loads):] + loads[:round_number % len(loads)]:
            rates[load.subject.name].append(load.run("get", settings.seconds)["requests_per_second"])
    return {name: statistics.median(own) for name, own in rates.items()}


def measure(settings):
    rows = []
    with contextlib.ExitStack() as stack:
        loads = rest.prepared(stack, NAMES, settings, Paced)
        for load in loads:
            load.run("get", settings.warm_up_seconds if load.subject.name == "kv-functions" else settings.seconds)
        top = top_rates(loads, settings)
        for name, rate in top.items():
            print(f"{name}: {rate:,.0f}/s under wrk", flush=True)
        same = min(top.values())
        slowest = min(top, key=top.get)
        for round_number in range(1, settings.rounds + 1):
            for at, of in (("own", top), ("same", dict.fromkeys(top, same))):
                for load in loads:
                    name = load.subject.name
                    if at == "same" and name == slowest:
                        continue  # which is its own
                    load.rate = round(SHARE * of[name])
                    row = {"round": round_number, "at": at, "top_rate": top[name]} | load.run("get", settings.seconds)
                    rows.append(row)
                    print(f"round {round_number}  {name:12} at {load.rate:7,}/s  " + "  ".join(
                        f"{column.removesuffix('_ms')} {row[column]:.2f}" for column in PERCENTILES) +
                        f" ms   server {row['server_core']:4.0%}  others {row['foreign_core']:3.0%}", flush=True)
            loads = loads[1:] + loads[:1]
    # At the same rate for all, the slowest one's is the same measurement as at its own.
    return rows + [row | {"at": "same"} for row in rows if row["at"] == "own" and row["subject"] == slowest]


def summary(rows):
    result = []
    for at in ("own", "same"):
        for name in NAMES:
            own = [r for r in rows if r["at"] == at and r["subject"] == name]

            def median(column, own=own):
                return statistics.median(r[column] for r in own)

            result.append({
                "at": at, "subject": name, "top_rate": round(median("top_rate")), "rate": own[0]["rate"],
                "answered_per_second": round(median("requests_per_second")),
                **{column: round(median(column), 3) for column in PERCENTILES if column != "max_ms"},
                "max_ms": round(max(r["max_ms"] for r in own), 3),
                "late_p99.9_ms": round(median("late_ms"), 3),
                "unanswered": sum(r["unanswered"] for r in own),
                "server_core": round(median("server_core"), 2), "foreign_core": round(median("foreign_core"), 2),
            })
    return result


def table(result):
    title = {"own": f"at {SHARE:.0%} of its own", "same": f"at {SHARE:.0%} of the slowest one's"}
    return report.table(
        ("", "", "requests/s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms", "sent late ms", "server's core"),
        [(title[r["at"]], r["subject"], f"{r['rate']:,}", *(f"{r[column]:.2f}" for column in PERCENTILES),
          f"{r['late_p99.9_ms']:.2f}", f"{r['server_core']:.0%}") for r in result])


def notes(result):
    top = ", ".join(f"{r['subject']} {r['top_rate']:,}/s" for r in result if r["at"] == "own")
    found = [f"Top rates under wrk: {top}.",
             "Medians of the rounds, but for max, which is the highest of all. Sent late: by how much the generator "
             "itself was late for 1 request in 1,000; it is a part of the times."]
    for row in result:
        if row["unanswered"] or row["answered_per_second"] < openloop.KEPT_UP * row["rate"]:
            found.append(f"{row['subject']} cannot keep up with {row['rate']:,}/s: "
                         f"{row['answered_per_second']:,}/s answered.")
    return found + report.foreign_note(max(r["foreign_core"] for r in result))


def main(settings):
    header = machine.header(settings, NAMES)
    header.append(("open loop", f"{CONNECTIONS} connections, one request at a time on each; a timetable of even steps"))
    rows = measure(settings)
    result = summary(rows)
    report.write("latency", header, not settings.quick, rows, result, table(result), notes(result))
