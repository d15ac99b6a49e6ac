#!/usr/bin/env python3
"""From how many queries on FAISS should multiply matrices: times both ways on one thread for each batch size.

Usage: tune_search.py --bundles ROOT [--max-batch N]

Prints one JSON object: `threshold`, the smallest number of queries from which the matrix product is no slower at every larger
batch, and `rows` of (queries, milliseconds by scan, milliseconds by matrix product), medians.
"""
import argparse
import json
import pathlib
import statistics
import time

import faiss
import numpy as np

NEVER = 1 << 30


def read_index(root):
    folder = pathlib.Path(root) / (pathlib.Path(root) / "CURRENT").read_text().split()[0]
    return faiss.read_index(str(folder / json.loads((folder / "manifest.json").read_text())["index"]["file"]))


def milliseconds(index, queries, threshold, seconds=0.5):
    faiss.cvar.distance_compute_blas_threshold = threshold
    index.search(queries, 10)
    times, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until or len(times) < 5:
        begin = time.thread_time()
        index.search(queries, 10)
        times.append(time.thread_time() - begin)
    return 1e3 * statistics.median(times)


def best_threshold(rows):
    """One more than the largest batch that the scan wins."""
    return max((n for n, scan, product in rows if scan < product), default=0) + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bundles", required=True)
    parser.add_argument("--max-batch", type=int, default=16)
    args = parser.parse_args()
    faiss.omp_set_num_threads(1)
    index = read_index(args.bundles)
    random = np.random.default_rng(7)
    rows = []
    for n in sorted({*range(1, min(9, args.max_batch + 1)), args.max_batch}):
        queries = random.standard_normal((n, index.d), dtype=np.float32)
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)
        rows.append((n, milliseconds(index, queries, NEVER), milliseconds(index, queries, 1)))
    print(json.dumps({"threshold": best_threshold(rows), "rows": rows}))


if __name__ == "__main__":
    main()
