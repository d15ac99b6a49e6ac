#!/usr/bin/env python3
"""The same work as cuda_bench in plain PyTorch: a bare loop over the same TorchScript files with the images already on
the device, and matrix product + topk as exact search. Prints one JSON object a line.

Usage: torch_baseline.py --work DIR [--what embed,search,both] [--rows N,N] [--batches N,N] [--seconds S]
"""
import argparse
import json
import pathlib
import time

import torch

TYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
DIM = 128


def rate(work, seconds):
    """Calls per second; the device is drained at both ends only, as in any loop of this kind."""
    for _ in range(3):
        work()
    torch.cuda.synchronize()
    begin, calls = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds / 3:
        work()
        torch.cuda.synchronize()
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        for _ in range(4):
            work()
        calls += 4
        torch.cuda.synchronize()
    return calls / (time.perf_counter() - begin)


def load(work, network, size, precision):
    model = torch.jit.load(str(work / f"{network}_{size}.ts"), map_location="cuda").eval()
    if precision == "fp32":
        return model
    # As the file is made, what follows the pooled feature takes float32.
    model = model.to(TYPES[precision]).to(memory_format=torch.channels_last)
    for name, child in model.named_children():
        if name in ("fc", "classifier", "embedding"):
            child.float()
    return model


def images(batch, size, precision):
    x = torch.randn(batch, 3, size, size, device="cuda", dtype=TYPES[precision])
    return x.to(memory_format=torch.channels_last) if precision != "fp32" else x


def graphed(model, x):
    """The loop's body as one CUDA graph: what a careful user of PyTorch would run."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            model(x)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        model(x)
    return graph.replay


def embed(args):
    for precision in args.precisions:
        for network in args.networks:
            for size in args.sizes:
                model = load(args.work, network, size, precision)
                for batch in args.batches:
                    x = images(batch, size, precision)
                    row = dict(what="torch_embed", network=network, size=size, precision=precision, batch=batch)
                    row["images_per_s"] = rate(lambda: model(x), args.seconds) * batch
                    row["graph_images_per_s"] = rate(graphed(model, x), args.seconds) * batch
                    print(json.dumps(row), flush=True)


def vectors(rows, seed):
    torch.manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(rows, DIM, device="cuda"), dim=1)


def search(args):
    source = torch.empty(1 << 30, dtype=torch.float32, device="cuda")
    target = torch.empty_like(source)
    copies = rate(lambda: target.copy_(source), 0.5)
    print(json.dumps(dict(what="torch_copy", bytes_per_s=copies * source.numel() * 8)), flush=True)
    del source, target
    for rows in args.rows:
        base = vectors(rows, 1)
        for storage in ("fp32", "fp16"):
            data = base.to(TYPES[storage]).t()
            for batch in args.batches:
                q = vectors(batch, 2).to(TYPES[storage])
                step = max(1, min(batch, (16 << 30) // (rows * 4)))
                work = lambda: [torch.topk(part @ data, 10, dim=1) for part in q.split(step)]
                calls = rate(work, args.seconds)
                print(json.dumps(dict(what="torch_search", rows=rows, storage=storage, batch=batch, ms=1e3 / calls,
                                      queries_per_s=calls * batch)), flush=True)


def both(args):
    data = vectors(args.rows[0], 1).t()
    for precision in args.precisions:
        for network in args.networks:
            model = load(args.work, network, args.sizes[0], precision)
            for batch in args.batches:
                x = images(batch, args.sizes[0], precision)
                work = lambda: torch.topk(model(x)[0].float() @ data, 10, dim=1)
                print(json.dumps(dict(what="torch_both", network=network, size=args.sizes[0], rows=args.rows[0],
                                      precision=precision, batch=batch,
                                      images_per_s=rate(work, args.seconds) * batch)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = lambda text: text.split(",")
    numbers = lambda text: [int(n) for n in text.split(",")]
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--what", type=words, default=["embed", "search", "both"])
    parser.add_argument("--networks", type=words, default=["mobilenet_v2", "resnet50"])
    parser.add_argument("--precisions", type=words, default=["fp32", "fp16", "bf16"])
    parser.add_argument("--sizes", type=numbers, default=[128, 224])
    parser.add_argument("--batches", type=numbers, default=[1, 4, 16, 64, 128, 256])
    parser.add_argument("--rows", type=numbers, default=[1_000_000, 10_000_000])
    parser.add_argument("--seconds", type=float, default=0.5)
    args = parser.parse_args()
    # float32 means float32 here as in the server.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    torch._C._jit_set_profiling_executor(False)  # As the server runs it: no specialisation by shape.
    print(json.dumps(dict(what="torch", version=torch.__version__, device=torch.cuda.get_device_name())), flush=True)
    with torch.inference_mode():
        for what in args.what:
            dict(embed=embed, search=search, both=both)[what](args)


main()
