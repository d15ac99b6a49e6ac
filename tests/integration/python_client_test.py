"""A client that knows nothing of Lookbook but what reflection tells it, against the real server.

python_client_test.py LOOKBOOK_SERVER LOOKBOOK_CLI WRITE_TEST_BUNDLE
"""
import json
import math
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

SERVER, CLI, WRITE_TEST_BUNDLE = sys.argv[1:4]


class GenericClient:
    """Calls methods by name; message types come from the server's reflection service."""

    def __init__(self, address):
        self.channel = grpc.insecure_channel(address)
        self.database = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = descriptor_pool.DescriptorPool(self.database)

    def method(self, service, name):
        return self.pool.FindServiceByName(service).FindMethodByName(name)

    def request(self, service, name, /, **fields):
        return message_factory.GetMessageClass(self.method(service, name).input_type)(**fields)

    def call(self, service, name, /, timeout=10, **fields):
        method = self.method(service, name)
        response = message_factory.GetMessageClass(method.output_type)
        call = self.channel.unary_unary(f"/{service}/{name}", request_serializer=lambda m: m.SerializeToString(),
                                        response_deserializer=response.FromString)
        return call(self.request(service, name, **fields), timeout=timeout)

    def stream(self, service, name, /, **fields):
        response = message_factory.GetMessageClass(self.method(service, name).output_type)
        call = self.channel.unary_stream(f"/{service}/{name}", request_serializer=lambda m: m.SerializeToString(),
                                         response_deserializer=response.FromString)
        return call(self.request(service, name, **fields))

    def exchange(self, service, name, requests, timeout=30):
        """Answers to many requests on one stream."""
        response = message_factory.GetMessageClass(self.method(service, name).output_type)
        call = self.channel.stream_stream(f"/{service}/{name}", request_serializer=lambda m: m.SerializeToString(),
                                          response_deserializer=response.FromString)
        return call(iter([self.request(service, name, **fields) for fields in requests]), timeout=timeout)


SEARCH = "lookbook.v1.SearchService"
CATALOG = "lookbook.v1.CatalogService"
HEALTH = "grpc.health.v1.Health"


class PythonClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="lookbook-python-")
        cls.addClassCleanup(scratch.cleanup)
        root, cls.pictures = pathlib.Path(scratch.name) / "bundles", pathlib.Path(scratch.name) / "pictures"
        subprocess.run([WRITE_TEST_BUNDLE, root, cls.pictures], check=True)
        cls.server = subprocess.Popen(
            [SERVER, "--bundles", f"default={root}", "--listen.data", "127.0.0.1:0", "--listen.admin", "off", "--metrics.listen", "off",
             "--deadlines.lame-duck", "0", "--log.level", "error"], stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.stop)
        line = cls.server.stdout.readline()
        cls.address = re.match(r"serving on (\S+): default=", line).group(1)
        cls.client = GenericClient(cls.address)

    @classmethod
    def stop(cls):
        if cls.server.poll() is None:
            cls.server.kill()
        cls.server.wait()
        cls.server.stdout.close()

    def cli(self, *arguments):
        """What the C++ client prints for one picture."""
        done = subprocess.run([CLI, *map(str, arguments), "--server", self.address], stdout=subprocess.PIPE, text=True,
                              check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_reflection_lists_the_services(self):
        self.assertLessEqual({SEARCH, CATALOG, HEALTH}, set(self.client.database.get_services()))

    def test_pictures_have_the_neighbours_that_the_cpp_client_gets(self):
        for picture in sorted(self.pictures.iterdir()):
            reply = self.client.call(SEARCH, "Search", image=picture.read_bytes(), top_k=7)
            (expected,) = self.cli("search", picture, "--top-k", 7, "--json")
            self.assertEqual([n.item_id for n in reply.neighbors], [n["item_id"] for n in expected["neighbors"]])
            for mine, theirs in zip(reply.neighbors, expected["neighbors"]):
                self.assertAlmostEqual(mine.similarity, theirs["similarity"], places=6)
                self.assertEqual(list(mine.class_ids), theirs["class_ids"])
            self.assertEqual([c.class_id for c in reply.classes], [c["class_id"] for c in expected["classes"]])
            self.assertEqual([a.attribute_id for a in reply.attributes], [a["attribute_id"] for a in expected["attributes"]])
            self.assertEqual(reply.bundle_id, expected["bundle_id"])

    def test_attribute_scores_are_in_the_schema(self):
        picture = (self.pictures / "1.jpg").read_bytes()
        scores = [a.score for a in self.client.call(SEARCH, "Search", image=picture).attributes]
        self.assertEqual(len(scores), 3)
        self.assertEqual(scores, sorted(scores, reverse=True))
        embedded = self.client.call(SEARCH, "Embed", image=picture, top_attributes=2).attributes
        for mine, score in zip(embedded, scores[:2], strict=True):
            self.assertAlmostEqual(mine.score, score, places=5)
        self.assertFalse(self.client.call(SEARCH, "Search", item_id="item-1").attributes)

    def test_an_embedding_finds_what_its_picture_found(self):
        picture = (self.pictures / "0.jpg").read_bytes()
        embedded = self.client.call(SEARCH, "Embed", image=picture)
        self.assertAlmostEqual(math.sqrt(sum(v * v for v in embedded.embedding.values)), 1, places=5)
        by_image = self.client.call(SEARCH, "Search", image=picture)
        by_vector = self.client.call(SEARCH, "Search", vector={"values": embedded.embedding.values})
        self.assertEqual([n.item_id for n in by_image.neighbors], [n.item_id for n in by_vector.neighbors])

    def test_min_similarity_and_filters_are_in_the_schema(self):
        first = self.client.call(SEARCH, "Search", item_id="item-1").neighbors[0]
        self.assertEqual(first.item_id, "item-1")
        request = self.client.request(SEARCH, "Search", item_id="item-1", min_similarity=0.0)
        self.assertTrue(request.HasField("min_similarity"))
        reply = self.client.call(SEARCH, "Search", item_id="item-1", exclude_self=True, top_k=100, min_similarity=0.0,
                                 class_filter={"any": first.class_ids})
        self.assertTrue(reply.neighbors)
        for neighbor in reply.neighbors:
            self.assertNotEqual(neighbor.item_id, "item-1")
            self.assertGreaterEqual(neighbor.similarity, 0)
            self.assertTrue(set(neighbor.class_ids) & set(first.class_ids))

    def test_a_stream_answers_each_query_as_a_call_of_its_own(self):
        ids = [f"item-{i}" for i in range(0, 120)]  # There are 100 items.
        answers = {a.index: a for a in self.client.exchange(
            SEARCH, "SearchStream", [dict(item_id=id, request_id=id, top_k=3) for id in ids])}
        self.assertEqual(sorted(answers), list(range(len(ids))))
        for index, id in enumerate(ids):
            self.assertEqual(answers[index].request_id, id)
            if index >= 100:
                self.assertEqual((answers[index].failure.code, answers[index].failure.reason), (5, "unknown_item"))
                continue
            alone = self.client.call(SEARCH, "Search", item_id=id, top_k=3)
            self.assertEqual([n.item_id for n in answers[index].response.neighbors], [n.item_id for n in alone.neighbors])

    def test_catalogue(self):
        item = self.client.call(CATALOG, "GetItem", item_id="item-3", with_thumbnail=True)
        self.assertTrue(item.thumbnail.startswith(b"\xff\xd8"))
        self.assertEqual(len(self.client.call(CATALOG, "ListClasses").classes), 5)
        (bundle,) = self.client.call(CATALOG, "GetInfo").bundles
        self.assertEqual((bundle.name, bundle.items, bundle.dim), ("default", 100, 16))

    def test_errors_carry_code_and_reason(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.client.call(SEARCH, "Search", item_id="nothing")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)
        details = dict(caught.exception.trailing_metadata())["grpc-status-details-bin"]
        self.assertIn(b"unknown_item", details)
        self.assertIn(b"google.rpc.ErrorInfo", details)

    def test_zz_watch_ends_and_the_process_stops_cleanly(self):
        self.assertEqual(self.client.call(HEALTH, "Check").status, 1)
        watch = self.client.stream(HEALTH, "Watch", service=SEARCH)
        self.assertEqual(next(watch).status, 1)
        self.server.send_signal(signal.SIGTERM)
        with self.assertRaises(grpc.RpcError) as caught:
            for _ in watch:
                pass
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(self.server.wait(timeout=60), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
