"""The machine: its JDK, the jar, who uses the processors, and what to write beside the numbers."""
import datetime
import os
import pathlib
import platform
import re
import resource
import shutil
import subprocess
import time

from .settings import BENCH, LOAD_CORE, PROJECT, SERVER_CORE

PACKAGES = ("etcd-server", "webdis", "redis-server", "nginx", "libnginx-mod-http-lua", "gunicorn", "python3-flask", "wrk")
TICK = os.sysconf("SC_CLK_TCK")


def output(*command, **kwargs):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kwargs)
    return done.stdout.strip() if done.returncode == 0 else ""


def java_version(home):
    found = re.search(r'version "(\d+)', output(str(home / "bin" / "java"), "-version"))
    return int(found.group(1)) if found else 0


def java_home():
    """JAVA_HOME when it is a JDK of 25 or later, else the oldest such JDK at one of the usual places."""
    named = pathlib.Path(os.environ.get("JAVA_HOME") or "/nonexistent")
    if (named / "bin" / "java").exists() and java_version(named) >= 25:
        return named
    java = shutil.which("java")
    places = sorted(pathlib.Path("/usr/lib/jvm").glob("*")) + sorted(pathlib.Path("/opt").glob("*"))
    if java:
        places.append(pathlib.Path(java).resolve().parent.parent)
    jdks = [(java_version(home), home) for home in places if (home / "bin" / "jcmd").exists()]
    jdks = [(version, home) for version, home in jdks if version >= 25]
    if not jdks:
        raise SystemExit("compare: no JDK 25 under /usr/lib/jvm: install one, or point JAVA_HOME at it")
    return min(jdks)[1]


def jar():
    """The packaged jar: $JAR if set, else the one in functions/target, packaged first if it is missing or old."""
    if os.environ.get("JAR"):
        return pathlib.Path(os.environ["JAR"]).resolve()

    def packaged():
        jars = [j for j in PROJECT.glob("functions/target/kv-functions-*.jar")
                if not re.search(r"-(sources|javadoc|tests)\.jar$", j.name)]
        return max(jars, key=lambda j: j.stat().st_mtime, default=None)

    sources = [PROJECT / "pom.xml", PROJECT / "functions/pom.xml", *PROJECT.glob("functions/src/main/**/*")]
    newest = max((s.stat().st_mtime for s in sources if s.is_file()), default=0)
    found = packaged()
    if found is None or found.stat().st_mtime < newest:
        print("packaging the jar", flush=True)
        # On that JDK, for what Spring declares ahead of time is compiled inside Maven.
        subprocess.run(["mvn", "-q", "-B", "-DskipTests", "package"], cwd=PROJECT, check=True,
                       env=os.environ | {"JAVA_HOME": str(java_home())})
        found = packaged()
    if found is None:
        raise SystemExit("compare: no functions/target/kv-functions-*.jar came of `mvn -DskipTests package`")
    return found


def java_flags():
    lines = (BENCH / "java-flags").read_text().splitlines()
    return " ".join(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def check():
    for core in (SERVER_CORE, LOAD_CORE):
        if core not in os.sched_getaffinity(0):
            raise SystemExit(f"compare: core {core} is not here: two cores are needed (SERVER_CORE, LOAD_CORE)")


def header(settings, subjects, cores=f"servers on {SERVER_CORE}, load on {LOAD_CORE}"):
    """What one must know of the machine to read the numbers, as (name, text) pairs."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
    debian = pathlib.Path("/etc/debian_version")
    commit = output("git", "-C", str(PROJECT), "log", "-1", "--format=%h of %cs")
    if output("git", "-C", str(PROJECT), "status", "--porcelain", "--untracked-files=no"):
        commit += ", with changes"
    pairs = [
        ("date", datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")),
        ("machine", f"{os.cpu_count()} cores of {cpu.group(1) if cpu else platform.machine()}, "
                    f"{int(memory.group(1)) / 2**20:.0f} GiB"),
        ("system", f"Linux {platform.release()}, Debian {debian.read_text().strip() if debian.exists() else '?'}"),
        ("load before", f"{os.getloadavg()[0]:.2f}"),
        ("cores", cores),
        ("amount", ", ".join(f"{name} {amount}" for name, amount in vars(settings).items())),
    ]
    if "kv-functions" in subjects:
        home = java_home()
        jdk = re.search(r"^(.*build .*)$", output(str(home / "bin" / "java"), "-version"), re.M)
        pairs += [("kv-functions", f"{jar().name}, commit {commit}"),
                  ("java", jdk.group(1) if jdk else str(home)), ("java flags", java_flags())]
    versions = output("dpkg-query", "--show", "--showformat=${Package} ${Version}, ", *PACKAGES)
    return pairs + [("packages", versions.rstrip(", "))]


def busy_ticks(core):
    """Ticks that a core has worked since it started, and those that the host took from it (steal)."""
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            user, nice, system, _, _, irq, softirq, steal = (int(n) for n in line.split()[1:9])
            return user + nice + system + irq + softirq, steal
    raise SystemExit(f"compare: /proc/stat knows no core {core}")


def process_fields(pid):
    """The fields of /proc/PID/stat from the third on, or None when the process is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def processes(leader):
    """The processes of the group that `leader` leads: a server and its workers."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = process_fields(entry.name)
            if fields and int(fields[2]) == leader:
                found.append(int(entry.name))
    return found


def process_ticks(pids):
    stats = [process_fields(pid) for pid in pids]
    return sum(int(s[11]) + int(s[12]) for s in stats if s)


class Meter:
    """Who used the two cores between `with Meter(pids) as m:` and its end, in shares of one core. The load is this
    program with what it starts meanwhile, or the processes that are named."""

    def __init__(self, pids, load=()):
        self.pids = pids
        self.load_pids = load

    def __enter__(self):
        self.before = self.now()
        return self

    def __exit__(self, *_):
        wall, server, load, server_core, load_core, steal = (
            after - before for before, after in zip(self.before, self.now()))
        self.seconds = wall
        self.server = server / wall
        self.load = load / wall
        self.foreign = max(0.0, (server_core + load_core) / wall - self.server - self.load)
        self.steal = steal / wall

    def now(self):
        mine = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        (busy0, steal0), (busy1, steal1) = busy_ticks(SERVER_CORE), busy_ticks(LOAD_CORE)
        return (time.monotonic(), process_ticks(self.pids) / TICK,
                sum(u.ru_utime + u.ru_stime for u in mine) + process_ticks(self.load_pids) / TICK,
                busy0 / TICK, busy1 / TICK, (steal0 + steal1) / TICK)
