"""One run of the tree's load generator against a side, and what the machine did meanwhile."""
import json
import os
import subprocess
import sys
import time

from machine import BIN, OUT, machine_cpu, process_cpu


def _sample(side, generator):
    return {"time": time.monotonic(), "machine": machine_cpu(), "side": side.cpu(), "generator": process_cpu(generator),
            "counters": side.counters()}


def load(side, images, seconds, loop, max_lag="50ms", warm_up=3):
    """One run of `lookbook bench`; `loop`: its flags for the loop. CPU is read inside its window, which is all of the run
    but its warm-up; foreign: the share of the machine that neither side nor generator used. Lateness of the generator counts
    as latency; beyond max_lag there are no figures."""
    report = OUT / "peer/load.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    command = [BIN / "lookbook", "bench", images, "--server", side.address, "--warm-up", f"{warm_up}s", "--duration",
               f"{seconds}s", "--max-foreign", "1", "--max-lag", max_lag, "--json", report, *loop]
    generator = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(warm_up + 0.3)
    before = _sample(side, generator.pid)
    time.sleep(seconds - 0.6)
    after = _sample(side, generator.pid)
    output = generator.communicate()[0]
    if not report.exists():
        sys.exit(f"no figures of {side.name}:\n{output}")
    result = json.loads(report.read_text())["result"]
    if result["figures"]["answers_per_s"] is None:
        sys.exit(f"no figures of {side.name}: {result['problems']}")
    wall = after["time"] - before["time"]
    used = {k: after[k] - before[k] for k in ("machine", "side", "generator")}
    delta = {k: v - before["counters"].get(k, 0) for k, v in after["counters"].items()}
    table, more = side.stage_table(delta, used["side"])
    figures, cores = result["figures"], os.cpu_count()
    return {"answers_per_s": figures["answers_per_s"], "within_per_s": figures["within_objective_per_s"], "latency_ms": figures["latency_ms"],
            "shed_latency_ms": figures["shed_latency_ms"], "codes": figures["codes"],
            "cpu_ms": 1e3 * used["side"] / wall / figures["answers_per_s"],
            "generator_cpu_ms": 1e3 * used["generator"] / wall / figures["answers_per_s"],
            "machine_busy": used["machine"] / wall / cores, "side_busy": used["side"] / wall / cores,
            "generator_busy": used["generator"] / wall / cores,
            "foreign": max(0.0, used["machine"] - used["side"] - used["generator"]) / wall / cores,
            "stages": table, **more}
