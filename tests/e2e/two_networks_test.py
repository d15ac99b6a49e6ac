"""MobileNetV2 and ResNet50 at 128x128: both recipes run end to end, and one server serves both bundles at once."""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from programs import BIN, ProgramTest, run, search, synthesize, train


class TwoNetworksTest(ProgramTest):
    def test_one_server_answers_with_both(self):
        data = self.scratch / "data"
        synthesize(data, train=24, holdout=8, unlabelled=2, size=128)
        roots = {}
        for network in ("mobilenet_v2", "resnet50"):
            roots[network] = self.scratch / network
            train(f"tiny_{network}", data, self.scratch / f"work_{network}", roots[network])
        server = self.serve(roots, "--deadlines.lame-duck", "0s")
        info = json.loads(run(BIN / "lookbook", "info", "--json", "--server", server.address).stdout)
        self.assertEqual({b["name"]: b["dim"] for b in info["bundles"]}, {"mobilenet_v2": 1280, "resnet50": 2048})
        seen = set()
        for network in roots:
            answers = search(server, data / "test", "--bundle", network, "--top-k", 4)
            self.assertEqual([len(a["neighbors"]) for a in answers], [4, 4])
            seen |= {a["bundle_id"] for a in answers}
        self.assertEqual(len(seen), 2)
        self.assertEqual(server.terminate(), 0, server.output())


if __name__ == "__main__":
    unittest.main(verbosity=2)
