"""examples/cpp and examples/python against the real server, and against one that fails as it is told.

find_similar_test.py LOOKBOOK_SERVER LOOKBOOK_CLI WRITE_TEST_BUNDLE FIND_SIMILAR
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import unittest

import grpc

SERVER, CLI, WRITE_TEST_BUNDLE, FIND_SIMILAR = sys.argv[1:5]
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
PROGRAMS = {"C++": [FIND_SIMILAR], "Python": [sys.executable, str(EXAMPLES / "python/find_similar.py")]}
TOKEN = "a-token-of-the-test"


def make_certificates(folder):
    """ca.pem, and server and client with their keys, for 127.0.0.1 and a day."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, cwd=folder, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test CA")
    for name in ("server", "client"):
        openssl("req", "-x509", *key, "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", f"{name}.key", "-out", f"{name}.pem",
                "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:false")


class Server:
    """lookbook-server over a test bundle."""

    def __init__(self, root, *flags):
        self.process = subprocess.Popen(
            [SERVER, "--bundles", f"default={root}", "--listen.data", "127.0.0.1:0", "--listen.admin", "off", "--metrics.listen", "off",
             "--deadlines.lame-duck", "0", "--log.level", "error", *flags], stdout=subprocess.PIPE, text=True)
        started = re.match(r"serving on (\S+): default=", self.process.stdout.readline())
        if not started:
            self.stop()
            raise AssertionError("the server did not start")
        self.address = started.group(1)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class FailingServer:
    """Answers each call as the next of `answers` says: a status code, "never", or None for an empty SearchResponse."""

    def __init__(self, answers, pushback_ms=None):
        self.answers, self.pushback_ms, self.calls, self.time_left = list(answers), pushback_ms, 0, []
        self.stopped = threading.Event()
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
        self.server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(
            "lookbook.v1.SearchService", {"Search": grpc.unary_unary_rpc_method_handler(self.search)})])
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def search(self, request, context):
        self.calls += 1
        self.time_left.append(context.time_remaining())
        answer = self.answers.pop(0)
        if isinstance(answer, grpc.StatusCode):
            if self.pushback_ms is not None:
                context.set_trailing_metadata((("grpc-retry-pushback-ms", str(self.pushback_ms)),))
            context.abort(answer, "as it was told")
        if answer == "never":
            self.stopped.wait()
        return b""

    def stop(self):
        self.stopped.set()
        self.server.stop(None).wait()


class FindSimilarTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="lookbook-examples-")
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = pathlib.Path(scratch.name)
        cls.root, cls.pictures, cls.stubs = (cls.scratch / name for name in ("bundles", "pictures", "stubs"))
        subprocess.run([WRITE_TEST_BUNDLE, cls.root, cls.pictures], check=True)
        subprocess.run([EXAMPLES / "python/make_stubs", cls.stubs], check=True)
        cls.server = Server(cls.root)
        cls.addClassCleanup(cls.server.stop)

    def find(self, program, *arguments, **environment):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LOOKBOOK_")}
        return subprocess.run([*PROGRAMS[program], *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              env={**clean, "LOOKBOOK_STUBS": str(self.stubs), "PYTHONDONTWRITEBYTECODE": "1", **environment})

    def failing(self, answers, **options):
        server = FailingServer(answers, **options)
        self.addCleanup(server.stop)
        return server

    def photo(self, size=0):
        """A picture; with `size`, one of so many bytes that no real server would take."""
        if size == 0:
            return self.pictures / "0.jpg"
        path = self.scratch / f"{size}.bin"
        path.write_bytes(bytes(size))
        return path

    def test_prints_neighbours_and_class_scores(self):
        done = subprocess.run([CLI, "search", self.photo(), "--top-k", "5", "--top-classes", "5", "--json", "--server",
                               self.server.address], stdout=subprocess.PIPE, check=True)
        expected = json.loads(done.stdout)
        lines = [f"bundle {expected['bundle_id']}", "neighbours"]
        lines += [f"  {n['similarity']:.3f}  {n['item_id']}" for n in expected["neighbors"]]
        lines += ["classes"]
        lines += [f"  {c['score']:.3f}  {c['name']}{'  predicted' if c['predicted'] else ''}" for c in expected["classes"]]
        for program in PROGRAMS:
            with self.subTest(program):
                done = self.find(program, self.photo(), LOOKBOOK_SERVER=self.server.address)
                self.assertEqual((done.returncode, done.stdout.splitlines(), done.stderr), (0, lines, ""))

    def test_a_refusal_has_its_code_and_reason(self):
        text = self.scratch / "text.jpg"
        text.write_text("no picture")
        for program in PROGRAMS:
            with self.subTest(program):
                done = self.find(program, text, LOOKBOOK_SERVER=self.server.address)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertRegex(done.stderr, "^INVALID_ARGUMENT unsupported_format: .")

    def test_wrong_usage(self):
        for program in PROGRAMS:
            with self.subTest(program):
                self.assertEqual(self.find(program).returncode, 2)
                done = self.find(program, self.scratch / "nothing.jpg", LOOKBOOK_SERVER=self.server.address)
                self.assertEqual(done.returncode, 2)
                self.assertIn("nothing.jpg", done.stderr)
                self.assertEqual(self.find(program, self.photo(), LOOKBOOK_CA=str(self.scratch / "nothing.pem")).returncode, 2)

    def test_tls_certificates_and_tokens(self):
        make_certificates(self.scratch)
        tokens = self.scratch / "tokens"
        tokens.write_text(f"example {hashlib.sha256(TOKEN.encode()).hexdigest()}\n")
        tokens.chmod(0o600)
        pem = {name: str(self.scratch / name) for name in ("ca.pem", "server.pem", "server.key", "client.pem", "client.key")}
        server = Server(self.root, "--tls.certificate", pem["server.pem"], "--tls.key", pem["server.key"],
                        "--tls.client-ca", pem["ca.pem"], "--auth.tokens-file", str(tokens))
        self.addCleanup(server.stop)
        known = dict(LOOKBOOK_SERVER=server.address, LOOKBOOK_CA=pem["ca.pem"], LOOKBOOK_CERT=pem["client.pem"],
                     LOOKBOOK_KEY=pem["client.key"], LOOKBOOK_TOKEN=TOKEN)
        for program in PROGRAMS:
            with self.subTest(program):
                done = self.find(program, self.photo(), **known)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                for change, answer in [({"LOOKBOOK_TOKEN": "another"}, "UNAUTHENTICATED wrong_token"),
                                       ({"LOOKBOOK_TOKEN": ""}, "UNAUTHENTICATED no_token"),
                                       ({"LOOKBOOK_CERT": "", "LOOKBOOK_KEY": ""}, "UNAVAILABLE "),
                                       ({"LOOKBOOK_CA": ""}, "UNAVAILABLE ")]:
                    done = self.find(program, self.photo(), **{**known, **change})
                    self.assertEqual((done.returncode, done.stdout), (1, ""), change)
                    self.assertRegex(done.stderr, f"(?m)^{answer}: .", change)
                    self.assertNotIn(TOKEN, done.stderr)

    def test_a_lost_server_is_asked_again_with_a_photo_of_any_size(self):
        for program in PROGRAMS:
            with self.subTest(program):
                server = self.failing([grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAVAILABLE, None])
                done = self.find(program, self.photo(3 << 20), LOOKBOOK_SERVER=server.address)
                self.assertEqual((done.returncode, server.calls), (0, 3), done.stderr)

    def test_a_full_server_is_asked_again_when_it_says(self):
        for program in PROGRAMS:
            with self.subTest(program):
                server = self.failing([grpc.StatusCode.RESOURCE_EXHAUSTED, None], pushback_ms=30)
                done = self.find(program, self.photo(), LOOKBOOK_SERVER=server.address)
                self.assertEqual((done.returncode, server.calls), (0, 2), done.stderr)

    def test_attempts_end(self):
        for program in PROGRAMS:
            with self.subTest(program):
                server = self.failing([grpc.StatusCode.UNAVAILABLE] * 4)
                done = self.find(program, self.photo(), LOOKBOOK_SERVER=server.address)
                self.assertEqual((done.returncode, server.calls), (1, 3))
                self.assertRegex(done.stderr, "(?m)^UNAVAILABLE : as it was told")

    def test_a_wrong_request_is_not_sent_again(self):
        for program in PROGRAMS:
            with self.subTest(program):
                server = self.failing([grpc.StatusCode.INVALID_ARGUMENT, None])
                done = self.find(program, self.photo(), LOOKBOOK_SERVER=server.address)
                self.assertEqual((done.returncode, server.calls), (1, 1))

    def test_a_call_ends_with_its_deadline(self):
        for program in PROGRAMS:
            with self.subTest(program):
                server = self.failing(["never"])
                done = self.find(program, self.photo(), LOOKBOOK_SERVER=server.address)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, "(?m)^DEADLINE_EXCEEDED : ")
                self.assertLessEqual(server.time_left[0], 5)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
