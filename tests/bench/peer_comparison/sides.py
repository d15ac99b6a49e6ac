"""What the benchmarks drive: a server or its Python peer, how each is started, and what it says of its stages."""
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.request

import stages
from machine import BIN, OUT, PEER, process_cpu, thread_cpu


class Side:
    """A process that serves on `address`. Subclasses say how it is started and what it counts."""

    name = command = environment = None
    exit_codes = (0, -15)  # After SIGTERM.

    def __init__(self, port):
        self.address = f"127.0.0.1:{port}"
        self.process = None

    def __enter__(self):
        self.log = open(OUT / f"{self.name}.log", "w")
        self.process = subprocess.Popen([str(c) for c in self.command], stdout=self.log, stderr=self.log,
                                        env={**os.environ, **(self.environment or {})})
        for _ in range(1200):
            if self.process.poll() is not None:
                break
            if self.is_ready():
                return self
            time.sleep(0.1)
        self.__exit__()
        sys.exit(f"{self.name} does not serve, see {OUT / self.name}.log")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)
        self.log.close()
        if self.process.returncode not in self.exit_codes:
            sys.exit(f"{self.name} ended with {self.process.returncode}, see {OUT / self.name}.log")

    def pids(self):
        return [self.process.pid]

    def cpu(self):
        return sum(process_cpu(pid) for pid in self.pids())


class Server(Side):
    """lookbook-server with its default options, logging included."""

    name = "lookbook-server"
    exit_codes = (0,)

    def __init__(self, bundles, port, options=()):
        """`options`: more flags of the server; each run of it starts it anew."""
        super().__init__(port)
        self.metrics, self.admin = (f"127.0.0.1:{port + i}" for i in (1, 2))
        self.command = [BIN / "lookbook-server", "--bundles", f"bench={bundles}", "--listen.data", self.address, "--listen.admin", self.admin,
                        "--metrics.listen", self.metrics, "--deadlines.lame-duck", "0s", *options]

    def is_ready(self):
        return subprocess.run([BIN / "lookbook", "health", "--server", self.address], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def counters(self):
        with urllib.request.urlopen(f"http://{self.metrics}/metrics", timeout=5) as reply:
            text = reply.read().decode()
        counters = {}
        for name, stage, value in re.findall(
                r'^lookbook_stage_duration_seconds_(sum|count){stage="(\w+)"} (\S+)$', text, re.M):
            counters[f"{stage}_{name}"] = float(value)
        for stage, value in re.findall(r'^lookbook_stage_cpu_seconds_total{stage="(\w+)"} (\S+)$', text, re.M):
            counters[f"{stage}_cpu"] = float(value)
        for name, value in re.findall(r'^lookbook_batch_size_(sum|count){[^}]*} (\S+)$', text, re.M):
            counters[f"batch_{name}"] = float(value)
        return counters | {f"thread {k}": v for k, v in thread_cpu(self.process.pid).items()}

    @staticmethod
    def stage_table(delta, cpu):
        """{stage: [wall ms, core-ms]} a request; CPU as the server measured it. The rest is what its stages do not count:
        threads of gRPC, and what batches cost beside their stages."""
        requests = delta["embed_count"]
        batch = delta["batch_sum"] / max(1, delta["batch_count"])
        wall = {s: 1e3 * delta[f"{s}_sum"] / max(1, delta[f"{s}_count"])
                for s in ("decode", "preprocess", "queue", "embed", "search", "reply") if delta.get(f"{s}_count")}
        threads = {k[7:]: 1e3 * v / requests for k, v in delta.items() if k.startswith("thread ")}
        table = {"queue": [wall["queue"], 0]}
        for stage in ("decode", "preprocess", "embed", "search", "reply"):
            table[stage] = [wall.get(stage, 0), 1e3 * delta[f"{stage}_cpu"] / requests]
        table["rest"] = [None, 1e3 * cpu / requests - sum(core for _, core in table.values())]
        return table, {"mean_batch": batch, "threads_core_ms": threads}


class Peer(Side):
    """The Python service. `layout`: its flags."""

    name = "python-peer"

    def __init__(self, python, bundles, port, generated, malloc, layout):
        super().__init__(port)
        self.stats = OUT / "peer/stats"
        self.command = [python, PEER / "serve.py", "--bundles", bundles, "--listen", self.address, "--generated",
                        generated, "--stats", self.stats, *layout]
        if malloc:
            self.command += ["--malloc", malloc]

    def is_ready(self):
        return "ready" in (OUT / f"{self.name}.log").read_text()

    def pids(self):
        """Its own and its children's."""
        pids = [self.process.pid]
        children = pathlib.Path(f"/proc/{pids[0]}/task/{pids[0]}/children")
        return pids + [int(pid) for pid in children.read_text().split()]

    def counters(self):
        return stages.read(self.stats)

    @staticmethod
    def stage_table(delta, cpu):
        """As Server's; CPU is that of the stage's own thread, measured."""
        requests = delta["requests"]
        table = {"queue": [1e3 * delta["queue_wall"] / requests, 0]}
        for stage in stages.STAGES:
            table[stage] = [1e3 * delta[f"{stage}_{kind}"] / requests for kind in ("wall", "cpu")]
        table["rest"] = [None, 1e3 * cpu / requests - sum(core for _, core in table.values())]
        return table, {"mean_batch": requests / max(1, delta["batches"])}
