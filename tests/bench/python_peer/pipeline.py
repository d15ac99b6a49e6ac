"""Batches of queries: decode, embed, search, and the serialised replies.

Worker threads take whatever waits, up to `max_batch`, and do all of it; with `decoders`, threads of their own decode first.
OpenCV, torch and FAISS let go of the interpreter while they compute.
"""
import queue
import threading
import time

import faiss
import numpy as np
import torch

import images
from lookbook.v1 import search_pb2
from stages import Counters


class Call:
    """One query on its way. `done(result)` is called in the event loop: bytes, or an exception."""

    __slots__ = ("request", "done", "arrived", "taken", "pixels", "seconds", "result")

    def __init__(self, request, done):
        self.request, self.done, self.arrived = request, done, time.perf_counter()
        self.taken = self.pixels = self.result = None
        self.seconds = {}


class Pipeline:
    def __init__(self, bundle, loop, options, stats_path, first_row):
        self._bundle, self._loop, self._options = bundle, loop, options
        self._preprocess = bundle.manifest["preprocess"]
        if (self._preprocess["resize"], self._preprocess["interpolation"]) != ("squish", "area"):
            raise ValueError("the peer knows resize squish by area alone")
        mean, std = (torch.tensor(self._preprocess[name]).view(1, 3, 1, 1) for name in ("mean", "std"))
        self._scale, self._shift = 1 / (255 * std), -mean / std
        self._arrived, self._decoded = queue.SimpleQueue(), queue.SimpleQueue()
        self._batches_from = self._decoded if options.decoders else self._arrived
        targets = [self._work] * options.workers + [self._decode_all] * options.decoders
        self._threads = [threading.Thread(target=target, args=(Counters(stats_path, first_row + i),), daemon=True)
                         for i, target in enumerate(targets)]

    def start(self):
        """Warms up every batch size, then takes queries."""
        torch.set_num_threads(1)
        for size in self._sizes():
            for _ in range(4):
                self._embed(np.zeros((size, self._bundle.size, self._bundle.size, 3), np.uint8), size)
        for thread in self._threads:
            thread.start()

    def submit(self, call):
        self._arrived.put(call)

    def _sizes(self):
        """Powers of two below max_batch, and max_batch: a batch is padded to the next."""
        sizes = [1]
        while sizes[-1] < self._options.max_batch:
            sizes.append(min(2 * sizes[-1], self._options.max_batch))
        return sizes

    def _take(self, source):
        """Waits for one call, then takes what is there or comes within max_delay."""
        calls = [source.get()]
        until = time.perf_counter() + self._options.max_delay
        while len(calls) < self._options.max_batch:
            try:
                left = until - time.perf_counter()
                calls.append(source.get(timeout=left) if left > 0 else source.get_nowait())
            except queue.Empty:
                break
        return calls

    def _decode_all(self, counters):
        while True:
            call = self._arrived.get()
            self._decode(call, np.empty((self._bundle.size, self._bundle.size, 3), np.uint8), counters)
            if call.result is None:
                self._decoded.put(call)
            else:
                self._loop.call_soon_threadsafe(_finish, [call])

    def _decode(self, call, out, counters):
        if call.taken is None:
            call.taken = time.perf_counter()
        try:
            with counters.stage("decode"):
                image = images.decode(call.request.image, self._preprocess)
            if image is None:
                raise ValueError("not an image that OpenCV reads")
            decoded = time.perf_counter()
            with counters.stage("preprocess"):
                images.resize_into(image, out)
            call.pixels = out
            call.seconds.update(decode=decoded - call.taken, preprocess=time.perf_counter() - decoded)
        except Exception as error:  # This call's alone.
            call.result = error

    def _work(self, counters):
        faiss.omp_set_num_threads(1)  # The thread's own, as torch's.
        torch.set_num_threads(1)
        size = self._bundle.size
        pixels = np.zeros((self._options.max_batch, size, size, 3), np.uint8)
        while True:
            calls = self._take(self._batches_from)
            now = time.perf_counter()
            if self._options.decoders:
                for i, call in enumerate(calls):
                    pixels[i] = call.pixels
            else:
                calls = self._decode_batch(calls, pixels, counters)
            if calls:
                self._run(calls, pixels, now, counters)

    def _decode_batch(self, calls, pixels, counters):
        """The calls whose images are good, their pixels in front; the others are answered."""
        good = []
        for call in calls:
            self._decode(call, pixels[len(good)], counters)
            if call.result is None:
                good.append(call)
            else:
                self._loop.call_soon_threadsafe(_finish, [call])
        return good

    def _run(self, calls, pixels, taken, counters):
        begin = time.perf_counter()
        try:
            with counters.stage("embed", len(calls)):
                embeddings, scores = self._embed(pixels, len(calls))
            embedded = time.perf_counter()
            with counters.stage("search", len(calls)):
                most = max(call.request.top_k or 10 for call in calls)
                similarities, rows = self._bundle.index.search(embeddings, min(most, self._bundle.index.ntotal))
            found = time.perf_counter()
            with counters.stage("reply", len(calls)):
                for call, *facts in zip(calls, similarities.tolist(), rows.tolist(), scores):
                    queued = taken - call.arrived - (sum(call.seconds.values()) if self._options.decoders else 0)
                    counters.add("queue_wall", queued)
                    call.seconds.update(queue=queued, embed=embedded - begin, search=found - embedded)
                    call.result = self._reply(call, *facts)
        except Exception as error:
            for call in calls:
                call.result = error
        counters.add("requests", len(calls))
        counters.add("batches", 1)
        self._loop.call_soon_threadsafe(_finish, calls)

    def _embed(self, pixels, count):
        """uint8[>= size, S, S, 3] -> float32[count, D], float32[count, C]."""
        size = next(s for s in self._sizes() if s >= count)
        with torch.inference_mode(), torch.jit.optimized_execution(False):
            batch = torch.from_numpy(pixels[:size]).permute(0, 3, 1, 2)
            batch = batch.to(torch.float32, memory_format=torch.contiguous_format).mul_(self._scale).add_(self._shift)
            embeddings, scores = self._bundle.model(batch)[:2]
            return embeddings[:count].numpy(), scores[:count].numpy()

    def _reply(self, call, similarities, rows, scores):
        request, bundle = call.request, self._bundle
        reply = search_pb2.SearchResponse(bundle_id=bundle.id, request_id=request.request_id)
        for similarity, row in zip(similarities[:request.top_k or 10], rows):
            item, uri, classes, attributes = bundle.items[row]
            reply.neighbors.add(item_id=item, similarity=similarity, class_ids=classes, attribute_ids=attributes, uri=uri)
        order = np.argsort(-scores, kind="stable").tolist()
        for i in order[:request.top_classes or None]:
            number, name, threshold = bundle.classes[i]
            score = float(scores[i])
            reply.classes.add(class_id=number, name=name, score=score, predicted=score > threshold)
        if request.with_timings:
            total = time.perf_counter() - call.arrived
            reply.timings.CopyFrom(search_pb2.Timings(total=total, **call.seconds))
        return reply.SerializeToString()


def _finish(calls):
    for call in calls:
        call.done(call.result)
