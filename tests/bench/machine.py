"""What the benchmark scripts share: where this repository's programs lie, how they are built, and what the machine's clocks say."""
import os
import pathlib
import platform
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build/release/bin"
OUT = ROOT / "out/bench"
PEER = ROOT / "tests/bench/python_peer"
TICKS = os.sysconf("SC_CLK_TCK")
FOREIGN_LIMIT = 0.1  # Share of the machine: above it, figures say nothing.


def run(command, **kwargs):
    """A command that must succeed, from the repository's root."""
    return subprocess.run([str(c) for c in command], check=True, cwd=ROOT, **kwargs)


def build(*targets):
    """Sets up and builds; what is up to date stays."""
    run(["scripts/setup", "--no-tests"], stdout=sys.stderr)
    (ROOT / "build").mkdir(exist_ok=True)
    run(["cmake", "--preset", "release"], stdout=subprocess.DEVNULL)
    run(["cmake", "--build", "build/release", "-j", os.cpu_count(), "--target", *targets], stdout=sys.stderr)


def _cpu(stat):
    fields = stat.rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def process_cpu(pid):
    """User and system seconds of a process."""
    return _cpu(pathlib.Path(f"/proc/{pid}/stat").read_text())


def thread_cpu(pid):
    """Seconds by kind of thread: names without their numbers."""
    seconds = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            stat = (task / "stat").read_text()
        except OSError:  # It has ended.
            continue
        name = re.sub(r"[-_]?\d+$", "", stat[stat.index("(") + 1:stat.rindex(")")])
        seconds[name] = seconds.get(name, 0) + _cpu(stat)
    return seconds


def machine_cpu():
    """Busy seconds of all cores, without idle and I/O wait."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields)
    return (user + nice + system + irq + softirq + steal) / TICKS


def foreign_share(seconds):
    """Share of the machine that others use while this one sleeps."""
    before = machine_cpu()
    time.sleep(seconds)
    return (machine_cpu() - before) / (seconds * os.cpu_count())


def cpu_name():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
