#!/usr/bin/env python3
"""The job of lookbook-server as a Python service, tuned: what scripts/bench_peer compares the server with.

Usage: serve.py --bundles ROOT --generated FOLDER --listen HOST:PORT --stats FILE [layout, see --help]

grpc.aio takes the calls; torch (frozen TorchScript, optimize_for_inference), faiss-cpu and OpenCV do the work in threads or,
with --processes, in processes that share the port (SO_REUSEPORT). --generated holds the messages that protoc made of
proto/. Prints "ready" once every process serves, and ends with SIGTERM.
"""
import argparse
import asyncio
import os
import pathlib
import signal
import subprocess
import sys

SINGLE_THREADED = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
                   "OMP_WAIT_POLICY": "passive"}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundles", required=True)
    parser.add_argument("--generated", required=True)
    parser.add_argument("--listen", default="127.0.0.1:50061")
    parser.add_argument("--stats", required=True, help="file of counters (stages.py), made anew")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="threads a process that run batches")
    parser.add_argument("--decoders", type=int, default=0, help="threads a process that only decode; 0 = workers do")
    parser.add_argument("--max-batch", type=int, default=8)
    parser.add_argument("--max-delay", type=float, default=0, help="seconds that a batch waits for company")
    parser.add_argument("--blas-threshold", type=int, default=4, help="queries from which FAISS multiplies matrices")
    parser.add_argument("--switch-interval", type=float, default=0.0005, help="of the interpreter, in seconds")
    parser.add_argument("--malloc", help="library to preload, such as libtcmalloc_minimal.so.4")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


async def serve_one(args, number):
    import faiss
    import bundle
    import pipeline
    import service
    sys.setswitchinterval(args.switch_interval)
    faiss.cvar.distance_compute_blas_threshold = args.blas_threshold
    loop = asyncio.get_running_loop()
    opened = bundle.Bundle(args.bundles)
    pipe = pipeline.Pipeline(opened, loop, args, args.stats, number * (args.workers + args.decoders))
    pipe.start()
    server = await service.start(service.Service(opened, pipe), args.listen)
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    print("ready", flush=True)
    await stopped.wait()
    await server.stop(grace=5)


def serve_children(args):
    """Processes that serve; returns when they have ended."""
    from stages import create
    create(args.stats, args.processes * (args.workers + args.decoders))
    environment = {**os.environ, **SINGLE_THREADED, "PYTHONPATH": args.generated}
    if args.malloc:
        environment["LD_PRELOAD"] = args.malloc
    children = [subprocess.Popen([sys.executable, __file__, *sys.argv[1:], "--child", str(i)], env=environment,
                                 stdout=subprocess.PIPE, text=True) for i in range(args.processes)]

    def stop(*_):
        for child in children:
            child.terminate()

    signal.signal(signal.SIGTERM, stop)
    if all(child.stdout.readline().startswith("ready") for child in children):
        print("ready", flush=True)
    else:
        stop()
    return max(abs(child.wait()) for child in children)


def main():
    args = parse_arguments()
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
    if args.child is None:
        sys.exit(serve_children(args))
    asyncio.run(serve_one(args, args.child))
    sys.stdout.flush()
    os._exit(0)  # Its threads wait for queries that will not come.


if __name__ == "__main__":
    main()
