"""What a start takes, from the command to the first answer, and what the store then takes of the memory at rest.

The packaged jar as it is against the folder that the image is made of: extracted, its beans declared ahead of time, and
with the JVM's trained cache. No container is needed: both run here, each told of as much memory as a small one has.
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import time

from . import machine, memory, report
from .exchange import Connection
from .settings import PROJECT, RAW
from .subjects import Subject, free_port

CONTAINER = "512m"
REST_SECONDS = 5
READY = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Started(Subject):
    """The store, started by a command, and how long that took."""

    def __init__(self, name, folder, command):
        super().__init__()
        self.name = name
        self.command = command
        self.home = folder

    def start(self):
        java, *arguments = self.command
        log = self.log(["java"])
        begin = time.perf_counter()
        process = self.launch(
            ["env", "-C", self.home, machine.java_home() / "bin" / java, f"-XX:MaxRAM={CONTAINER}", *arguments,
             "--server.address=127.0.0.1", f"--server.port={self.port}",
             "--management.server.address=127.0.0.1", f"--management.server.port={free_port()}"], log)
        while not self.is_ready():
            if process.poll() is not None or time.perf_counter() - begin > 60:
                raise SystemExit(f"compare: {self.name} did not start, see {log}")
            time.sleep(0.005)
        self.seconds = time.perf_counter() - begin

    def is_ready(self):
        try:
            with Connection(self.port) as c:
                return c.ask(READY).status == 200
        except OSError:
            return False


def layout():
    """The folder that the image has, and the command it is started with, both made as the Dockerfile makes them."""
    folder = RAW / "image"
    shutil.rmtree(folder, ignore_errors=True)
    path = f"{machine.java_home() / 'bin'}:{os.environ['PATH']}"
    for command in ([PROJECT / "knative/image/extract", machine.jar(), folder], [folder / "train"]):
        done = subprocess.run(list(map(str, command)), env=os.environ | {"PATH": path}, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise SystemExit(f"compare: {command[0]} failed: {done.stdout}")
    command = re.search(r"^ENTRYPOINT (.*)$", (PROJECT / "knative/Dockerfile").read_text(), re.M).group(1)
    return folder, json.loads(command)


def measure(settings, subjects):
    rows = []
    for number in range(settings.rounds):
        for name in [*subjects][number % 2:] + [*subjects][:number % 2]:
            with Started(name, *subjects[name]) as subject:
                time.sleep(REST_SECONDS)
                rows.append({"round": number + 1, "subject": name, "seconds": subject.seconds,
                             "resident_bytes": memory.resident(subject)})
            print(f"round {number + 1}  {name:12} ready after {subject.seconds:5.2f} s, "
                  f"then {rows[-1]['resident_bytes'] / 2**20:4.0f} MiB", flush=True)
    return rows


def summary(rows, subjects):
    result = []
    for name in subjects:
        own = [r for r in rows if r["subject"] == name]
        seconds = [r["seconds"] for r in own]
        result.append({
            "subject": name,
            "ready_seconds": round(statistics.median(seconds), 2),
            "lowest": round(min(seconds), 2),
            "highest": round(max(seconds), 2),
            "resident_mib": round(statistics.median(r["resident_bytes"] for r in own) / 2**20),
        })
    for r in result:
        r["ratio"] = round(r["ready_seconds"] / result[0]["ready_seconds"], 2)
    return result


def main(settings):
    header = [pair for pair in machine.header(settings, ["kv-functions"]) if pair[0] != "java flags"]
    jar = os.path.relpath(machine.jar(), PROJECT)
    subjects = {"packaged jar": (PROJECT, ["java", "-XX:+UseCompactObjectHeaders", "-jar", jar]),
                "image": layout()}
    header.append(("commands", "; ".join(f"{name}: {' '.join(command)}" for name, (_, command) in subjects.items())))
    rows = measure(settings, subjects)
    result = summary(rows, subjects)
    text = report.table(
        ("", "ready after, s", "lowest to highest", "times the jar", f"resident after {REST_SECONDS} s, MiB"),
        [(r["subject"], f"{r['ready_seconds']:.2f}", f"{r['lowest']:.2f} to {r['highest']:.2f}", f"{r['ratio']:.2f}",
          str(r["resident_mib"])) for r in result])
    report.write("start", header, not settings.quick, rows, result, text,
                 [f"Each on a machine of {CONTAINER}, as far as the JVM is told (-XX:MaxRAM)."])
