"""GETs sent 16 at a time on each connection, beside GETs sent one at a time, in one run.

wrk takes a request that holds 16 for what it is and counts answers: an answer that it counts has the bytes of one, else
the run ends (rest.Load.check), and `check` counts at the server too.
"""
from . import machine, report, rest
from .settings import PIPELINED

NAMES = ["kv-functions", "webdis", "nginx"]
OPERATIONS = ["get", f"get{PIPELINED}"]


def main(settings):
    header = machine.header(settings, NAMES)
    rows = rest.measure(settings, NAMES, OPERATIONS)
    result = rest.summary(rows, NAMES, OPERATIONS)
    single = {r["subject"]: r["requests_per_second"] for r in result if r["operation"] == "get"}
    for row in result:
        row["single_ratio"] = round(row["requests_per_second"] / single[row["subject"]], 2)
    text = "\n\n".join((rest.table(result), report.table(
        ("", "times as many as one at a time"),
        [(r["subject"], f"{r['single_ratio']:.2f}") for r in result if r["operation"] != "get"])))
    notes = ["Where requests are sent at once, p50 and p99 are from the first of them sent to the last answered."]
    report.write("pipelining", header, not settings.quick, rows, result, text, notes + rest.notes(result))
