"""Load by a timetable that waits for nobody: OpenLoop.java, which says what it measures and why."""
import json
import subprocess

from . import machine
from .settings import BENCH, CONNECTIONS, LOAD_CORE

# It makes no garbage while it measures; what it starts with fits.
JAVA = ("-XX:+UseSerialGC", "-Xms512m", "-Xmx512m", "-Xmn128m", "-XX:-UsePerfData")

KEPT_UP = 0.98  # of the rate: what comes last may take a while


class Broken(SystemExit):
    """The generator gave up, say because the server closed a connection."""


class Run:
    """The generator at work. It is there for as long as `with` lasts."""

    def __init__(self, port, file, rate, warm_up, seconds, connections=CONNECTIONS, keys=0, every=0):
        """Requests of a file, `rate` of them a second; see OpenLoop.java for `keys`, and for `every`, in seconds."""
        self.patience = warm_up + seconds + 30
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "taskset", "--cpu-list", str(LOAD_CORE),
             str(machine.java_home() / "bin" / "java"), *JAVA, str(BENCH / "OpenLoop.java"),
             *map(str, (port, file, rate, warm_up, seconds, connections, keys, every))],
            stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def line(self):
        text = self.process.stdout.readline()
        if not text:
            raise Broken("compare: the open loop ended without a result")
        return json.loads(text)

    def begun(self):
        """Waits for the end of the warm-up; when that was, in seconds since 1970."""
        return self.line()["begin"] / 1000

    def result(self):
        return self.line()


def measure(subject, *arguments, **options):
    """What a run measured, and who used the cores meanwhile; `begin` is when it did, in seconds since 1970."""
    with Run(subject.port, *arguments, **options) as run:
        begin = run.begun()
        with machine.Meter(subject.pids(), [run.process.pid]) as meter:
            result = run.result()
    return result | {"begin": begin}, meter


def write_requests(file, requests):
    with file.open("wb") as f:
        for request in requests:
            f.write(b"%d\n%b" % (len(request), request))
