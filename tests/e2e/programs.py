"""The real programs, as a test drives them. Standard library only."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

BIN = pathlib.Path(os.environ["LOOKBOOK_BIN"])
RECIPES = pathlib.Path(__file__).parent


def run(*command, expect=0, **kwargs):
    """Runs a program to its end and returns it; any other exit code than `expect` is an error that shows the output."""
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=600, **kwargs)
    if done.returncode != expect:
        raise AssertionError(f"{' '.join(map(str, command))}\nended with {done.returncode} instead of {expect}\n"
                             f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """lookbook-server on free ports; ready when the constructor returns."""

    def __init__(self, bundles, *flags):
        self.address = f"127.0.0.1:{free_port()}"
        self.metrics = f"127.0.0.1:{free_port()}"
        self.log = tempfile.NamedTemporaryFile("w+", suffix=".log")
        command = [BIN / "lookbook-server", "--listen.data", self.address, "--listen.admin", "127.0.0.1:0",
                   "--metrics.listen", self.metrics]
        for name, root in bundles.items():
            command += ["--bundles", f"{name}={root}"]
        self.process = subprocess.Popen([str(c) for c in command + list(flags)], stdout=self.log, stderr=self.log)
        for _ in range(1200):
            if self.process.poll() is not None:
                raise AssertionError("the server ended at once:\n" + self.output())
            if subprocess.run([BIN / "lookbook", "health", "--server", self.address], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError("the server was not healthy after 120 s:\n" + self.output())

    def output(self):
        return pathlib.Path(self.log.name).read_text()

    def signal_end(self):
        """SIGTERM."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self):
        """The exit code."""
        return self.process.wait(timeout=60)

    def terminate(self):
        """SIGTERM; returns the exit code."""
        self.signal_end()
        return self.wait()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def search(server, *arguments):
    """One parsed JSON object per query."""
    done = run(BIN / "lookbook", "search", *arguments, "--json", "--server", server.address)
    return [json.loads(line) for line in done.stdout.splitlines()]


class ProgramTest(unittest.TestCase):
    """A test with a scratch folder that is removed at the end."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="lookbook-e2e-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch)

    def serve(self, bundles, *flags):
        server = Server(bundles, *flags)
        self.addCleanup(server.kill)
        return server


def synthesize(folder, train=120, holdout=40, unlabelled=6, size=64):
    run(BIN / "lookbook-train", "synth", "--out", folder, "--train", train, "--holdout", holdout, "--unlabelled",
        unlabelled, "--size", size)


def train(recipe, data, work, bundles):
    return run(BIN / "lookbook-train", "run", "--recipe", RECIPES / f"{recipe}.toml", "--data", data, "--out", work,
               "--bundles", bundles)
