"""What is compared: how each one is started, asked and stopped."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

from . import machine
from .exchange import metrics
from .settings import BENCH, RAW, SERVER_CORE


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Subject:
    """A server that answers GET and PUT of raw bytes under some path, with all its processes on the server's core."""

    name = ""
    cores = (SERVER_CORE,)
    get_path = put_path = "/kv/{key}"
    pipelines = True  # whether it answers requests that are sent at once,
    keeps_order = True  # and in their order
    answers_vary = 0.01  # by which share of its length an answer may differ from another of its kind

    def __init__(self):
        self.port = free_port()
        self.leaders = []
        self.folder = tempfile.TemporaryDirectory(prefix="compare-")

    def get_request(self, key):
        return f"GET {self.get_path.format(key=key)} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode()

    def put_request(self, key, value):
        return (f"PUT {self.put_path.format(key=key)} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
                f"Content-Length: {len(value.encode())}\r\n\r\n{value}").encode()

    def value_of(self, answer):
        """The value that an answer to a GET has, None where it says that there is none."""
        if answer.status not in (200, 404):
            raise SystemExit(f"compare: {self.name} answers {answer.status} to a GET: {answer.body[:200]}")
        return answer.body if answer.status == 200 else None

    @property
    def ports(self):
        """Where it answers; more than one where it is several servers, of which each knows all."""
        return [self.port]

    def start(self):
        raise NotImplementedError

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def run(self, command, port, seconds=60):
        """Starts a process on the server's core, and waits until it listens on `port`."""
        log = self.log(command)
        return self.await_port(self.launch(command, log), port, log, seconds)

    def log(self, command, *more):
        return RAW / f"{'-'.join((self.name, *more, pathlib.Path(command[0]).name))}.log"

    def launch(self, command, log, **pipes):
        """Starts a process on the server's core, or cores."""
        RAW.mkdir(parents=True, exist_ok=True)
        with log.open("w") as out:
            # setpriv: should this program be killed outright, the kernel ends the server.
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "taskset", "--cpu-list", ",".join(map(str, self.cores)),
                 *map(str, command)],
                **{"stdin": subprocess.DEVNULL, "stdout": out, "stderr": out} | pipes,
                # A group, not a session: what is of another session than the load is given its turns otherwise.
                cwd=self.folder.name, process_group=0,
                env={"PATH": os.environ["PATH"], "HOME": self.folder.name, "LANG": "C.UTF-8",
                     "PYTHONDONTWRITEBYTECODE": "1"})
        self.leaders.append(process)
        return process

    def await_port(self, process, port, log, seconds=60):
        """Waits until a process listens on `port`, and gives its id."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if process.poll() is not None:
                raise SystemExit(f"compare: {self.name} did not start, see {log}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return process.pid
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"compare: {self.name} does not listen after {seconds} s, see {log}")

    def pids(self):
        return [pid for leader in self.leaders for pid in machine.processes(leader.pid)]

    def check_cores(self):
        for pid in self.pids():
            if os.sched_getaffinity(pid) != set(self.cores):
                raise SystemExit(f"compare: process {pid} of {self.name} may run on other cores than {self.cores}")

    def stop(self):
        for leader in reversed(self.leaders):
            if leader.poll() is None:
                leader.terminate()
                try:
                    leader.wait(15)
                except subprocess.TimeoutExpired:
                    os.killpg(leader.pid, signal.SIGKILL)
                    leader.wait()
        self.leaders.clear()
        self.folder.cleanup()


class KvFunctions(Subject):
    name = "kv-functions"

    def __init__(self, *flags, base=(f"@{BENCH / 'java-flags'}",), options=()):
        """Flags for the JVM behind those of `base`, and options of the application."""
        super().__init__()
        self.flags = [*base, *flags]
        self.options = options
        self.management = free_port()

    def start(self):
        home = machine.java_home()
        self.jcmd = home / "bin" / "jcmd"
        self.pid = self.run(
            [home / "bin" / "java", *self.flags, "-jar", machine.jar(),
             "--server.address=127.0.0.1", f"--server.port={self.port}",
             "--management.server.address=127.0.0.1", f"--management.server.port={self.management}", *self.options],
            self.port)

    def metrics(self, *names):
        return metrics(self.management, *names)


class Webdis(Subject):
    """Redis behind an HTTP server in C; .txt asks for the value's bytes as they are."""

    name = "webdis"
    get_path = "/GET/{key}.txt"
    put_path = "/SET/{key}"
    keeps_order = False  # 0.1.9 answers requests that came at once in reverse

    def start(self):
        redis_port = free_port()
        start_redis(self, redis_port)
        config = json.loads((BENCH / "peers/webdis.json").read_text())
        config |= {"redis_port": redis_port, "http_port": self.port}
        file = pathlib.Path(self.folder.name) / "webdis.json"
        file.write_text(json.dumps(config))
        self.run(["webdis", file], self.port)


class Nginx(Subject):
    name = "nginx"

    def start(self):
        config = (BENCH / "peers/nginx.conf").read_text()
        file = pathlib.Path(self.folder.name) / "nginx.conf"
        file.write_text(config.replace("{port}", str(self.port)).replace("{folder}", self.folder.name))
        os.chmod(self.folder.name, 0o755)
        self.run(["/usr/sbin/nginx", "-p", self.folder.name, "-c", file], self.port)


class Flask(Subject):
    name = "flask"
    pipelines = False

    def start(self):
        self.run(["/usr/bin/gunicorn", "--chdir", BENCH / "peers", "--bind", f"127.0.0.1:{self.port}",
                  "--workers", "1", "--worker-class", "gthread", "--threads", "8", "--keep-alive", "75",
                  "--worker-tmp-dir", "/dev/shm", "flask_store:app"], self.port)


class PlainRedis(Subject):
    """Redis without HTTP, for batches and memory."""

    name = "redis"

    def start(self):
        start_redis(self, self.port)


def start_redis(subject, port):
    subject.run(["redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no",
                 "--dir", subject.folder.name], port)


OVER_HTTP = {s.name: s for s in (KvFunctions, Webdis, Nginx, Flask)}
IN_BATCHES = {s.name: s for s in (KvFunctions, PlainRedis)}
