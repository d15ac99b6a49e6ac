"""What scripts/bench_peer makes of what it measured: no CPU time is lost between the stages, disagreement is seen, and
missed targets and foreign load are said."""
import importlib.machinery
import importlib.util
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load_script():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("bench_peer", str(ROOT / "scripts/bench_peer"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench_peer", loader))
    loader.exec_module(module)
    return module


bench_peer = load_script()
import stages  # noqa: E402  (bench_peer knows where they are)
import table  # noqa: E402
from sides import Peer, Server  # noqa: E402


def core_ms(stage_table):
    return sum(core for _, core in stage_table.values())


class StageTableTest(unittest.TestCase):
    def test_counters_of_threads_are_added_up(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "stats"
            stages.create(path, 2)
            for row in (0, 1):
                counters = stages.Counters(path, row)
                counters.add("requests", 3)
                with counters.stage("embed", requests=3):
                    sum(range(10_000))
            read = stages.read(path)
        self.assertEqual(read["requests"], 6)
        self.assertGreater(read["embed_cpu"], 0)
        self.assertGreaterEqual(read["embed_wall"], 3 * read["embed_cpu"] / 1.5)
        self.assertEqual(read["search_cpu"], 0)

    def test_the_peers_stages_and_the_rest_are_its_cpu_time(self):
        delta = {field: 0.0 for field in stages.FIELDS} | {"requests": 10, "batches": 2, "embed_cpu": 0.02, "decode_cpu": 0.01}
        stage_table, more = Peer.stage_table(delta, cpu=0.05)
        self.assertAlmostEqual(core_ms(stage_table), 5.0)
        self.assertAlmostEqual(stage_table["rest"][1], 2.0)
        self.assertEqual(more["mean_batch"], 5)

    def test_the_servers_stages_and_the_rest_are_its_cpu_time(self):
        delta = {"embed_count": 10, "embed_sum": 0.3, "search_count": 10, "search_sum": 0.1, "decode_count": 10, "decode_sum": 0.03,
                 "preprocess_count": 10, "preprocess_sum": 0.01, "reply_count": 10, "reply_sum": 0.02, "queue_count": 10, "queue_sum": 0.5,
                 "decode_cpu": 0.015, "preprocess_cpu": 0.005, "embed_cpu": 0.03, "search_cpu": 0.01, "reply_cpu": 0.001,
                 "batch_sum": 10, "batch_count": 2, "thread decode": 0.02}
        stage_table, _ = Server.stage_table(delta, cpu=0.08)
        self.assertAlmostEqual(core_ms(stage_table), 8.0)
        self.assertEqual([round(part, 6) for part in stage_table["reply"]], [2.0, 0.1])
        self.assertAlmostEqual(stage_table["embed"][1], 3.0)
        self.assertAlmostEqual(stage_table["rest"][1], 1.9)


def reply(items, score=0.5):
    return {"neighbors": [{"item_id": i, "similarity": 0.1} for i in items], "classes": [{"class_id": 1, "score": score}]}


class CompareTest(unittest.TestCase):
    def test_other_neighbours_are_seen(self):
        ours = {"a.jpg": reply(["1", "2"]), "b.jpg": reply(["3", "4"])}
        self.assertEqual(bench_peer.compare(ours, ours)["same_top_10"], 1)
        theirs = ours | {"b.jpg": reply(["3", "5"], score=0.25)}
        found = bench_peer.compare(ours, theirs)
        self.assertEqual((found["same_top_10"], found["largest_score_difference"], found["different_lists"]), (0.5, 0.25, 2))


def summary(**changes):
    side = {"answers_per_s": 300, "open_p99_ms": 20, "open_p50_ms": 8, "cpu_ms": 6, "machine_busy": 0.99, "mean_batch": 7,
            "offered_per_s": 100, "stages": {s: [1.0, 0.5] for s in table.STAGES}}
    return {"rate_ratio": 2.0, "p99_ratio": 0.4, "peer_machine_busy": 0.99, "same_top_10": 1.0, "different_share": 1.0,
            "failures": 0, "foreign_cpu_share": 0.01, "idle_cpu_share_before_after": [0.01, 0.01], "server": side, "peer": side,
            "tuning": {"chosen": {"processes": 1, "workers": 2, "decoders": 0, "max_batch": 8}, "layouts": [1],
                       "search": {"threshold": 4}},
            "backbone": "x", "date": "d", "command": "c", "cores": 2, "cpu": "p", "items": 1000, "dim": 8, "jpeg": "512x512",
            "concurrency": 16, "rounds": 3, "versions": {}, "malloc": None, "pictures": 64,
            "largest_similarity_difference": 0, "largest_score_difference": 0} | changes


class JudgeTest(unittest.TestCase):
    def test_exit_codes(self):
        self.assertEqual(bench_peer.judge(summary()), 0)
        self.assertEqual(bench_peer.judge(summary(rate_ratio=1.5)), 1)
        self.assertEqual(bench_peer.judge(summary(different_share=0.1)), 1)
        self.assertEqual(bench_peer.judge(summary(failures=1)), 1)
        self.assertEqual(bench_peer.judge(summary(foreign_cpu_share=0.2)), 3)
        self.assertEqual(bench_peer.judge(summary(idle_cpu_share_before_after=[0.0, 0.2])), 3)

    def test_the_table_names_every_stage(self):
        text = table.markdown([summary()])
        for stage in table.STAGES:
            self.assertIn(f"| {stage} | 1.00 | 0.50 |", text)


if __name__ == "__main__":
    unittest.main()
