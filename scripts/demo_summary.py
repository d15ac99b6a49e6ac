#!/usr/bin/env python3
"""Checks the demo's quality gates and writes its summary.json. Called by scripts/demo.

The gates are fixed: a missed one fails the demo. They hold for the labelled holdout, measured through the exported
bundle: F1 at p > 0.5, retrieval leave-one-out inside the holdout, R@1 relevant = more than two shared classes.
"""
import argparse
import csv
import json
import pathlib
import sys

GATES = [  # name in evaluation.json, name in summary.json, at least or at most, bound
    ("map", "map", ">=", 0.78),
    ("f1_macro", "f1_macro", ">=", 0.68),
    ("recall_at_1", "recall_at_1", ">=", 0.50),
    ("ndcg_at_10", "ndcg_at_10", ">=", 0.73),
    ("std_sqrt_d", "std_sqrt_d", ">=", 0.3),
    ("hub_share", "hub_share", "<=", 0.03),
]


def read_labels(path):
    labels = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            image = row["ImageId"].removesuffix(".jpg")
            labels.setdefault(image, set()).add(int(row["ClassId"].split("_")[0]))
    return labels


def mean_jaccard(answers_path, labels):
    """Mean over the labelled queries of the mean Jaccard index between their classes and their neighbours'."""
    means = []
    for line in pathlib.Path(answers_path).read_text().splitlines():
        answer = json.loads(line)
        true = labels[pathlib.Path(answer["query"]).stem]
        shares = [len(true & set(n["class_ids"])) / len(true | set(n["class_ids"])) for n in answer["neighbors"]]
        means.append(sum(shares) / len(shares))
    return sum(means) / len(means), len(means)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluation", required=True)
    parser.add_argument("--control", required=True, help="evaluation of the network trained with classification alone")
    parser.add_argument("--answers", required=True, help="JSON lines of lookbook search over labelled pictures")
    parser.add_argument("--labels", required=True)
    parser.add_argument("--bundles", required=True)
    parser.add_argument("--train-result", required=True, help="train/result.json of the work folder: the seconds are "
                        "those of the training that made the bundle, also when it was kept from an earlier run")
    parser.add_argument("--summary", required=True)
    args = parser.parse_args()
    values = json.loads(pathlib.Path(args.evaluation).read_text())["values"]
    control = json.loads(pathlib.Path(args.control).read_text())["values"]

    passed = True
    print("\nQuality on the holdout, through the exported bundle; beside it that of classification alone")
    for source, name, relation, bound in GATES:
        good = values[source] >= bound if relation == ">=" else values[source] <= bound
        passed = passed and good
        print(f"  {name:<14}{values[source]:8.3f}   {relation} {bound:<6} {'ok' if good else 'MISSED':<8}{control[source]:8.3f}")
    jaccard, queries = mean_jaccard(args.answers, read_labels(args.labels))
    print(f"  mean Jaccard of the shown top 5: {jaccard:.3f} over {queries} labelled queries (chance 0.19)")

    summary = {name: values[source] for source, name, _, _ in GATES}
    summary["control"] = {name: control[source] for source, name, _, _ in GATES}
    summary["mean_jaccard_top5"] = jaccard
    summary["train_seconds"] = round(json.loads(pathlib.Path(args.train_result).read_text())["seconds"], 1)
    summary["bundle_id"] = (pathlib.Path(args.bundles) / "CURRENT").read_text().split()[0]
    summary["gates_passed"] = passed
    pathlib.Path(args.summary).write_text(json.dumps(summary, indent=2) + "\n")
    if not passed:
        sys.exit("demo: a quality gate was missed")


if __name__ == "__main__":
    main()
