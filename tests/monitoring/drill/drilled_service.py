"""What a drill breaks: a server over a bundle root with a good and a damaged bundle, and its callers."""
import hashlib
import json
import os
import pathlib
import subprocess
import time

from machine import BIN, run


class BundleRoot:
    """Two bundles, of which the second is damaged; CURRENT names the first."""

    def __init__(self, folder, pictures):
        self.folder = pathlib.Path(folder)
        while len(self._bundles()) < 2:
            time.sleep(1.1)  # A bundle is named by the second that it was made in.
            run([BIN / "serving_bench", "make-bundle", "--root", self.folder, "--images", pictures, "--backbone", "mobilenet_v2",
                 "--items", 5000, "--dim", 64])
        good, damaged = self._bundles()[:2]
        self.good, self.damaged = self._line(good), self._line(damaged)
        index = next(damaged.glob("index*"))
        with open(index, "r+b") as file:
            file.seek(index.stat().st_size // 2)
            file.write(b"damaged!")
        self.name(self.good)

    def _bundles(self):
        return sorted(manifest.parent for manifest in self.folder.glob("*/manifest.json"))

    @staticmethod
    def _line(bundle):
        """What CURRENT says of it."""
        return f"{bundle.name} {hashlib.sha256((bundle / 'manifest.json').read_bytes()).hexdigest()}\n"

    def name(self, line):
        """Makes CURRENT say `line`, at once."""
        path = self.folder / "CURRENT.drill"
        path.write_text(line)
        os.replace(path, self.folder / "CURRENT")


class Server:
    """lookbook-server with default options, which follows CURRENT."""

    def __init__(self, root, port, log):
        self.address, self.metrics = (f"127.0.0.1:{port + i}" for i in (0, 2))
        self.command = [str(c) for c in [BIN / "lookbook-server", "--bundles", f"main={root.folder}", "--listen.data", self.address,
                                         "--listen.admin", f"127.0.0.1:{port + 1}", "--metrics.listen", self.metrics, "--watch",
                                         "--lifecycle.poll-interval", "1s", "--deadlines.lame-duck", "0s"]]
        self.log, self.process = log, None

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        for _ in range(600):
            if subprocess.run([BIN / "lookbook", "health", "--server", self.address], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.kill()
        raise RuntimeError(f"lookbook-server does not serve, see {self.log}")

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        self.process.terminate()
        if self.process.wait(timeout=60) != 0:
            raise RuntimeError(f"lookbook-server ended with {self.process.returncode}, see {self.log}")


class Callers:
    """`lookbook bench` in an open loop until it is told to stop; its figures are not wanted."""

    def __init__(self, server, pictures, rate):
        command = [BIN / "lookbook", "bench", pictures, "--server", server.address, "--rate", f"{rate:.1f}", "--duration", "6h",
                   "--warm-up", "1", "--channels", 8, "--deadline", "10s"]
        self.process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is not None:
            raise RuntimeError(f"the load ended by itself with {self.process.returncode}")
        self.process.kill()
        self.process.wait()


def capacity(server, pictures, report):
    """Answers a second in a closed loop."""
    subprocess.run([str(c) for c in [BIN / "lookbook", "bench", pictures, "--server", server.address, "--concurrency", 16, "--warm-up",
                                     "2s", "--duration", "5s", "--max-foreign", 1, "--json", report]], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    rate = json.loads(pathlib.Path(report).read_text())["result"]["figures"]["answers_per_s"]
    if not rate:
        raise RuntimeError(f"the capacity was not measured, see {report}")
    return rate
