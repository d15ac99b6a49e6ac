"""Three replicas are restarted one after the other, under load: not one call of a client that balances as
docs/kubernetes.md says may fail.

rolling_restart_test.py LOOKBOOK_SERVER WRITE_TEST_BUNDLE DOCUMENT
"""
import collections
import http.client
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

SERVER, WRITE_TEST_BUNDLE, DOCUMENT = sys.argv[1:4]
SEARCH = "lookbook.v1.SearchService"
CLIENTS = 4
PAUSE = 0.005  # Between two calls of a client: 3 servers and 4 clients share few cores.


def service_config():
    """The one that the document shows, word for word."""
    (config,) = re.findall(r"^```json\n(.*?)^```$", pathlib.Path(DOCUMENT).read_text(), re.MULTILINE | re.DOTALL)
    json.loads(config)  # gRPC would ignore one that is none.
    return config


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Replica:
    """lookbook-server on ports of its own, with the times that it has by default."""

    def __init__(self, bundles, port, metrics_port, log):
        self.address, self.metrics = f"127.0.0.1:{port}", f"127.0.0.1:{metrics_port}"
        self.command = [SERVER, "--bundles", f"default={bundles}", "--listen.data", self.address, "--listen.admin", "off",
                        "--metrics.listen", self.metrics, "--log.requests-per-second", "0"]
        self.log = log
        self.start()

    def start(self):
        """Returns when it serves."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("serving on "):
            raise AssertionError(f"{self.address} does not serve: {line}")

    def ended_calls(self):
        """How many searches have ended with each code."""
        scrape = urllib.request.urlopen(f"http://{self.metrics}/metrics", timeout=10).read().decode()
        pattern = r'^lookbook_requests_total\{code="(\w+)",method="Search"\} (\d+)'
        return collections.Counter({code: int(count) for code, count in re.findall(pattern, scrape, re.MULTILINE) if count != "0"})

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Load:
    """Clients on one channel that call without end, and what came of their calls."""

    def __init__(self, target, pictures):
        self.channel = grpc.insecure_channel(
            target, options=[("grpc.service_config", service_config()), ("grpc.initial_reconnect_backoff_ms", 200),
                             ("grpc.max_reconnect_backoff_ms", 5000)])
        pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(self.channel))
        method = pool.FindServiceByName(SEARCH).FindMethodByName("Search")
        request = message_factory.GetMessageClass(method.input_type)
        response = message_factory.GetMessageClass(method.output_type)
        self.search = self.channel.unary_unary(f"/{SEARCH}/Search", request_serializer=lambda m: m.SerializeToString(),
                                               response_deserializer=response.FromString)
        self.requests = [request(image=picture.read_bytes(), top_k=5) for picture in pictures]
        self.ended, self.lock = threading.Event(), threading.Lock()
        self.answered, self.failures = 0, []
        self.threads = [threading.Thread(target=self.call_without_end) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def call_without_end(self):
        turn = 0
        while not self.ended.wait(PAUSE):
            turn += 1
            try:
                neighbors = len(self.search(self.requests[turn % len(self.requests)], timeout=10).neighbors)
                failure = None if neighbors == 5 else f"{neighbors} neighbours"
            except grpc.RpcError as error:
                failure = f"{error.code().name}: {error.details()}"
            with self.lock:
                self.answered += failure is None
                if failure is not None:
                    self.failures.append(failure)

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()
        self.channel.close()


def await_true(what, condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class RollingRestartTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="lookbook-rolling-")
        self.addCleanup(scratch.cleanup)
        folder = pathlib.Path(scratch.name)
        subprocess.run([WRITE_TEST_BUNDLE, folder / "bundles", folder / "pictures"], check=True)
        self.log = open(folder / "log", "w+")
        self.addCleanup(self.log.close)
        ports = free_ports(6)
        self.replicas = []
        for i in range(3):
            self.replicas.append(Replica(folder / "bundles", ports[2 * i], ports[2 * i + 1], self.log))
            self.addCleanup(self.replicas[-1].kill)
        self.load = Load("ipv4:" + ",".join(r.address for r in self.replicas), sorted((folder / "pictures").iterdir()))
        self.addCleanup(self.load.end)

    def await_calls(self, replica):
        await_true(f"{replica.address} gets calls", lambda: replica.ended_calls()["OK"] >= 20, 30)

    def await_that_clients_look_away(self, replica):
        """It still takes calls then, and gets none."""
        counts = [replica.ended_calls()]

        def nothing_came():
            time.sleep(0.5)
            counts.append(replica.ended_calls())
            return counts[-1] == counts[-2]
        await_true(f"{replica.address} gets no more calls", nothing_came, 4)
        self.assertIsNone(replica.process.poll(), "the lame duck is over already")

    def calls_until_its_end(self, replica):
        """The calls that the replica has ended, as its last scrape says."""
        calls = replica.ended_calls()
        while replica.process.poll() is None:
            time.sleep(0.1)
            try:
                calls = replica.ended_calls()
            except (OSError, http.client.HTTPException):  # It is about to end.
                break
        return calls

    def test_no_call_fails(self):
        served = collections.Counter()
        for replica in self.replicas:
            self.await_calls(replica)
        for replica in self.replicas:
            replica.process.send_signal(signal.SIGTERM)
            self.await_that_clients_look_away(replica)
            served += self.calls_until_its_end(replica)
            self.assertEqual(replica.process.wait(timeout=60), 0)
            replica.process.stdout.close()
            replica.start()
            self.await_calls(replica)  # Before the next one goes.
        self.load.end()
        self.assertEqual(self.load.failures, [])
        # No call was served twice, none was refused. A server counts a call a moment after its reply.
        expected, ended = {"OK": self.load.answered}, {}

        def every_call_is_counted():
            nonlocal ended
            ended = sum((replica.ended_calls() for replica in self.replicas), served)
            return ended == expected
        try:
            await_true("the servers' count is the client's", every_call_is_counted, 5)
        finally:
            print(f"3 replicas restarted: {self.load.answered} calls answered, 0 failed; the servers ended {dict(ended)}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
