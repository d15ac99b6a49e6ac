"""What the benchmarks of a server need before they measure: programs, a bundle, and the peer's Python."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import machine
from machine import BIN, OUT, PEER, run

PACKAGES = {"torch": "2.11.0", "numpy": "2.4.6", "opencv-python-headless": "5.0.0.93", "faiss-cpu": "1.15.1",
            "grpcio": "1.85.3", "grpcio-tools": "1.85.1"}
MALLOC = "libtcmalloc_minimal.so.4"


def _deps():
    return pathlib.Path(os.environ.get("LOOKBOOK_DEPS", pathlib.Path.home() / ".cache/lookbook")).resolve()


def build():
    machine.build("lookbook-train", "lookbook-server", "lookbook_cli", "serving_bench")


def pictures():
    """A folder of 512x512 JPEGs, made where it is not there yet."""
    data = OUT / "data512"
    if not (data / "holdout.csv").exists():  # What synth writes last.
        run([BIN / "lookbook-train", "synth", "--out", data, "--size", 512, "--train", 64, "--holdout", 8, "--unlabelled", 0],
            stdout=subprocess.DEVNULL)
    return data / "train"


def bundle(backbone, items, dim):
    """(bundle root, folder of the pictures), made where they are not there yet."""
    root = OUT / f"bundles-{backbone}-{items}x{dim}"
    if not (root / "CURRENT").exists():
        run([BIN / "serving_bench", "make-bundle", "--root", root, "--images", pictures(), "--backbone", backbone,
             "--items", items, "--dim", dim])
    return root, pictures()


def python(path):
    """`path`, or a Python with PACKAGES in the deps folder."""
    if path:
        return path
    venv = _deps() / "peer-python"
    wanted, done = "\n".join(f"{k}=={v}" for k, v in PACKAGES.items()), venv / "packages"
    if not done.exists() or done.read_text() != wanted:
        shutil.rmtree(venv, ignore_errors=True)
        run([sys.executable, "-m", "venv", venv])
        run([venv / "bin/python", "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off",
             "--find-links", _deps() / "wheels", *wanted.split()], stdout=sys.stderr)
        done.write_text(wanted)
    return venv / "bin/python"


def malloc():
    """tcmalloc's path: the machine's, or unpacked in the deps folder; None where there is none to get."""
    unpacked = _deps() / "peer-malloc"
    for folder in (pathlib.Path("/usr/lib"), unpacked):
        for found in sorted(folder.glob(f"**/{MALLOC}")):
            return found
    unpacked.mkdir(parents=True, exist_ok=True)
    script = "apt-get -q download libtcmalloc-minimal4 && dpkg -x libtcmalloc-minimal4_*.deb ."
    got = subprocess.run(script, shell=True, cwd=unpacked, stdout=sys.stderr).returncode == 0
    if not got:
        print("bench_peer: no tcmalloc; the peer uses glibc's allocator", file=sys.stderr)
    return next(iter(unpacked.glob(f"**/{MALLOC}")), None)


def generate(interpreter):
    """The folder of the Python messages that protoc makes of proto/."""
    folder = OUT / "peer/generated"
    folder.mkdir(parents=True, exist_ok=True)
    run([interpreter, "-m", "grpc_tools.protoc", "-I", "proto", f"--python_out={folder}", "lookbook/v1/search.proto",
         "lookbook/v1/catalog.proto"])
    return folder


def versions(interpreter):
    """What the peer's Python has of PACKAGES, and its own version."""
    code = ("import importlib.metadata as m, json, sys; "
            f"print(json.dumps({{n: m.version(n) for n in {list(PACKAGES)}}} | {{'python': sys.version.split()[0]}}))")
    return json.loads(run([interpreter, "-c", code], stdout=subprocess.PIPE).stdout)
