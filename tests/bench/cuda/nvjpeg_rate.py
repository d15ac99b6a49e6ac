#!/usr/bin/env python3
"""JPEGs a second through nvJPEG, as torchvision calls it (nvjpegDecodeBatched, the hardware's decoder where it takes the
file), and with each resized to the network's input on the device. Prints one JSON object a line.

Usage: nvjpeg_rate.py --images DIR [--batches N,N] [--threads N,N] [--size N] [--seconds S]
"""
import argparse
import json
import pathlib
import threading
import time

import torch
import torchvision
from torchvision.io import decode_jpeg, read_file


def rate(threads, seconds, work):
    """Calls a second of `threads` threads, each with a stream of its own, after a warm-up of a third of the time."""
    state = dict(measuring=False, over=False)
    counts = [0] * threads

    def run(t):
        with torch.cuda.stream(torch.cuda.Stream()), torch.inference_mode():
            while not state["over"]:
                work()
                torch.cuda.current_stream().synchronize()
                counts[t] += state["measuring"]

    running = [threading.Thread(target=run, args=(t,)) for t in range(threads)]
    for thread in running:
        thread.start()
    time.sleep(seconds / 3)
    begin = time.perf_counter()
    state["measuring"] = True
    time.sleep(seconds)
    calls, window = sum(counts), time.perf_counter() - begin
    state["over"] = True
    for thread in running:
        thread.join()
    return calls / window


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = lambda text: [int(n) for n in text.split(",")]
    parser.add_argument("--images", type=pathlib.Path, required=True)
    parser.add_argument("--batches", type=numbers, default=[1, 16, 64, 256])
    parser.add_argument("--threads", type=numbers, default=[1, 4])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--seconds", type=float, default=1.0)
    args = parser.parse_args()
    files = [read_file(str(path)) for path in sorted(args.images.glob("*.jpg"))]
    for batch in args.batches:
        some = [files[i % len(files)] for i in range(batch)]

        def small():
            images = torch.stack(decode_jpeg(some, device="cuda"))
            return torch.nn.functional.interpolate(images.float(), (args.size, args.size), mode="bilinear",
                                                   antialias=True)

        for threads in args.threads:
            for what, work in (("nvjpeg", lambda: decode_jpeg(some, device="cuda")), ("nvjpeg_resize", small)):
                print(json.dumps(dict(what=what, torchvision=torchvision.__version__, pixels=list(decode_jpeg(
                    files[0]).shape), batch=batch, threads=threads,
                    images_per_s=rate(threads, args.seconds, work) * batch)), flush=True)


main()
