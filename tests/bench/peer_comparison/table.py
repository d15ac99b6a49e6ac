"""Markdown of what scripts/bench_peer measured."""

STAGES = ("decode", "preprocess", "queue", "embed", "search", "reply", "rest")


def _pair(stage):
    wall, core = stage
    return f"{wall:.2f} | {core:.2f}" if wall else f"– | {core:.2f}"


def _figures(s):
    ours, theirs = s["server"], s["peer"]
    rows = [("requests/s, saturated", f"{ours['answers_per_s']:.0f}", f"{theirs['answers_per_s']:.0f}",
             f"{s['rate_ratio']:.2f}", "≥ 1.6"),
            (f"p99 at {theirs['offered_per_s']:.0f}/s, ms", f"{ours['open_p99_ms']:.1f}", f"{theirs['open_p99_ms']:.1f}",
             f"{s['p99_ratio']:.2f}", "≤ 0.5"),
            (f"p50 at {theirs['offered_per_s']:.0f}/s, ms", f"{ours['open_p50_ms']:.1f}", f"{theirs['open_p50_ms']:.1f}",
             f"{ours['open_p50_ms'] / theirs['open_p50_ms']:.2f}", ""),
            ("core-ms a request, saturated", f"{ours['cpu_ms']:.2f}", f"{theirs['cpu_ms']:.2f}",
             f"{ours['cpu_ms'] / theirs['cpu_ms']:.2f}", ""),
            ("cores busy, saturated", f"{ours['machine_busy']:.0%}", f"{theirs['machine_busy']:.0%}", "", "peer ≥ 95 %"),
            ("mean batch, saturated", f"{ours['mean_batch']:.1f}", f"{theirs['mean_batch']:.1f}", "", "")]
    return ["| | server | peer | ratio | target |", "|---|---|---|---|---|"] + [f"| {' | '.join(row)} |" for row in rows]


def _stages(s):
    lines = ["| stage, a request | server: ms by the clock | core-ms | peer: ms by the clock | core-ms |", "|---|---|---|---|---|"]
    for stage in STAGES:
        lines.append(f"| {stage} | {_pair(s['server']['stages'][stage])} | {_pair(s['peer']['stages'][stage])} |")
    return lines


def _preamble(s):
    layout = s["tuning"]["chosen"]
    foreign = max(s["foreign_cpu_share"], *s["idle_cpu_share_before_after"])
    versions = ", ".join(f"{name} {version}" for name, version in s["versions"].items())
    return (f"**{s['backbone']}**, {s['date']}, `{s['command']}`: {s['cores']} cores of {s['cpu']}; {s['items']:,} × {s['dim']} "
            f"flat, {s['jpeg']} JPEGs, {s['concurrency']} in flight, medians of {s['rounds']} rounds; others used "
            f"{foreign:.1%} of the machine at most. Peer: {versions}, {s['malloc'] or 'glibc malloc'}; fastest of "
            f"{len(s['tuning']['layouts'])} layouts: {layout['processes']} processes of {layout['workers']} workers and "
            f"{layout['decoders']} decoders, batches up to {layout['max_batch']}, matrix products in FAISS from "
            f"{s['tuning']['search']['threshold']} queries on. Same ten neighbours: {s['same_top_10']:.1%} of "
            f"{s['pictures']} pictures; similarities within {s['largest_similarity_difference']:.1g}, scores within "
            f"{s['largest_score_difference']:.1g}.")


def markdown(summaries):
    parts = []
    for s in summaries:
        parts += [_preamble(s), "", *_figures(s), "", *_stages(s), ""]
    return "\n".join(parts)
