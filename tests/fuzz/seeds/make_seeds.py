#!/usr/bin/env python3
"""Writes the seeds of tests/fuzz/corpus that are neither texts nor pictures (those: bin/fuzz_seeds). Other files stay.

Usage: tests/fuzz/seeds/make_seeds.py
"""
import copy
import json
import pathlib
import random
import struct
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
CORPUS = ROOT / "tests/fuzz/corpus"
WEIGHTS = ROOT / "tests/models/fixtures/weights"
ROWS, DIM = 117, 4  # index_kinds.h


def put(target, name, data):
    (CORPUS / target).mkdir(parents=True, exist_ok=True)
    (CORPUS / target / name).write_bytes(data if isinstance(data, bytes) else data.encode())


# --- manifest.json ---

FILES = [{"name": name, "bytes": "5", "sha256": "a" * 64} for name in ("golden/golden.json", "index.faiss", "items.sqlite", "model.ts")]
PLAIN = {
    "format_version": 1, "created": "2026-11-23T10:15:00Z", "recipe": "test", "backbone": "pooled_linear",
    "preprocess": {"size": 16, "resize": "squish", "interpolation": "area", "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25],
                   "orientation": True, "min_scale_factor": 2},
    "embedding_dim": 8, "metric": "inner_product", "item_count": "40", "scores_attributes": False,
    "classes": [{"id": 1, "name": "class 0", "supercategory": "garments", "threshold": 0.5, "support": "10"}, {"id": 4, "name": "class 1"}],
    "attributes": [{"id": 2, "name": "attribute 0"}], "index": {"spec": "Flat", "file": "index.faiss"},
    "evaluation": {"split": "val", "values": {"map": 0.75}}, "files": FILES}
CALIBRATION = {
    "source": "validation", "queries": "100", "pairs": "20000", "ece_before": 0.25, "ece_after": 0.0625, "novelty_similarity": 0.25,
    "knots": [{"similarity": x, "probability": x} for x in (0.0, 0.5, 1.0)],
    "top1_similarity": {"upper_bounds": [0.5, 0.9, 1.0], "counts": ["10", "30", "60", "0"]}, "predicted_share": [0.125, 0.125]}
HNSW = {"spec": "HNSW32", "search": "efSearch=64", "recall_at_10": 0.97, "recall_queries": "800", "recall_source": "validation",
        "file": "index.faiss"}
# Name of the seed: (path of the field, new value; None = the field goes). The path's numbers are places in lists.
CHANGES = {
    "plain": [], "hnsw": [("index", HNSW)], "version_2": [("format_version", 2)], "created_in_another_form": [("created", "2026-11-23 10:15")],
    "created_in_12026": [("created", "12026-11-23T10:15:00Z")], "created_before_christ": [("created", "-999-11-23T10:15:00Z")],
    "no_preprocess": [("preprocess", None)], "size_4": [("preprocess.size", 4)],
    "resize_unknown": [("preprocess.resize", "zoom")], "interpolation_unknown": [("preprocess.interpolation", "sinc")],
    "four_means": [("preprocess.mean", [1, 1, 1, 1])], "std_0": [("preprocess.std.1", 0)], "scale_factor_65": [("preprocess.min_scale_factor", 65)],
    "dim_0": [("embedding_dim", 0)], "metric_l2": [("metric", "l2")], "no_items": [("item_count", "0")], "no_classes": [("classes", [])],
    "class_twice": [("classes.1.id", 1)], "class_without_name": [("classes.0.name", "")], "threshold_2": [("classes.0.threshold", 2)],
    "scores_nothing": [("scores_attributes", True), ("attributes", [])], "attribute_twice": [("attributes", [{"id": 2, "name": "a"}] * 2)],
    "attribute_without_name": [("attributes.0.name", "")], "index_unknown": [("index.spec", "PQ8")], "index_effort": [("index.search", "nprobe=4")],
    "recall_without_queries": [("index", {**HNSW, "recall_queries": "0"})], "recall_without_source": [("index", {**HNSW, "recall_source": ""})],
    "recall_2": [("index", {**HNSW, "recall_at_10": 2})], "queries_without_recall": [("index.recall_queries", "800")],
    "file_leaves_folder": [("files.0.name", "../golden.json")], "file_is_manifest": [("files.2.name", "manifest.json")],
    "file_is_signature": [("files.2.name", "manifest.sig")], "evaluation_nan": [("evaluation.values.map", "NaN")],
    "files_unsorted": [("files", FILES[::-1])], "hash_in_capitals": [("files.0.sha256", "A" * 64)], "no_index_file": [("index.file", "other")],
    "unknown_field": [("surprise", 2)]}
CALIBRATION_CHANGES = {
    "plain": [], "no_source": [("source", "")], "no_queries": [("queries", "0")], "no_pairs": [("pairs", "0")], "no_knots": [("knots", [])],
    "knots_fall": [("knots.1.similarity", -1)], "knots_less_likely": [("knots.2.probability", 0)], "knot_beyond_1": [("knots.2.similarity", 2)],
    "ece_2": [("ece_before", 2)], "novelty_2": [("novelty_similarity", 2)], "counts_missing": [("top1_similarity.counts", [])],
    "bounds_fall": [("top1_similarity.upper_bounds.1", 0)], "counts_too_many": [("top1_similarity.counts.0", str(2**64 - 1))],
    "counts_too_few": [("top1_similarity.counts.0", "0")], "share_missing": [("predicted_share", [0.125])], "share_2": [("predicted_share.0", 2)]}


def changed(document, changes):
    document = copy.deepcopy(document)
    for path, value in changes:
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place = document
        for part in way:
            place = place[part]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return document


def manifests():
    for name, changes in CHANGES.items():
        put("manifest", f"{name}.json", json.dumps(changed(PLAIN, changes)))
    for name, changes in CALIBRATION_CHANGES.items():
        put("manifest", f"calibration_{name}.json", json.dumps({**PLAIN, "calibration": changed(CALIBRATION, changes)}))
    put("manifest", "no_json.json", '{"format_version": 1')


# --- messages, in protobuf's wire format ---

def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    value = value if isinstance(value, bytes) else value.encode()
    return varint(field << 3 | 2) + varint(len(value)) + value


def real(field, value):
    return varint(field << 3 | 5) + struct.pack("<f", value)


def requests():
    """The fields' numbers stand in proto/lookbook/v1/search.proto; the first byte says which message it is."""
    image, item = data(1, b"\xff\xd8\xff\xe0 a picture"), data(2, "item-7")
    vector = data(3, data(1, struct.pack("<4f", 1, 2, -3, 0.5)))
    filters = data(7, data(1, varint(1)) + data(3, varint(4))) + data(8, data(2, varint(2)))
    searches = {
        "nothing": b"", "image": image + number(10, 2) + number(11, 1) + data(12, "some id"),
        "item": item + number(5, 1000) + number(9, 1) + real(6, 0.25), "k_above_1000": item + number(5, 1001),
        "similarity_above_1": item + real(6, 1.5), "similarity_nan": item + real(6, float("nan")), "vector_and_filters": vector + filters,
        "vector_unpacked": data(3, real(1, 1) + real(1, 0) + real(1, 0) + real(1, 0)), "short_vector": data(3, real(1, 1)),
        "infinite_vector": data(3, data(1, struct.pack("<4f", 1, 2, float("inf"), 0))), "zero_vector": data(3, data(1, bytes(16))),
        "unknown_class": vector + data(7, data(1, varint(4_000_000_000))), "long_request_id": item + data(12, "x" * 129),
        "long_item_id": data(2, "x" * 513), "nul_in_item_id": data(2, b"a\0b"), "empty_item_id": data(2, ""), "two_queries": image + item,
        "no_utf8": data(2, b"\xff\xfe"), "unknown_field": image + number(99, 7), "cut": image[:-2]}
    for name, message in searches.items():
        put("search_request", name, b"\0" + message)
    put("search_request", "embed", b"\1" + data(1, "a picture") + number(3, 1) + number(4, 1))
    put("search_request", "embed_long_id", b"\1" + data(5, "x" * 129))


# --- index files, as docs of engine/index have them ---

def header(tag, rows=ROWS):
    return tag + struct.pack("<iqqqBi", DIM, rows, 1 << 20, 1 << 20, 1, 0)


def flat(values):
    return header(b"IxFI", len(values) // DIM) + struct.pack("<Q", len(values)) + struct.pack(f"<{len(values)}f", *values)


def quantizer(half):
    ranges = [] if half else [-1.0] * DIM + [2.0] * DIM
    return struct.pack("<iifQQQ", 4 if half else 0, 0, 0, DIM, DIM * (2 if half else 1), len(ranges)) + struct.pack(f"<{len(ranges)}f", *ranges)


def scalar(half):
    size = ROWS * DIM * (2 if half else 1)
    return header(b"IxSQ") + quantizer(half) + struct.pack("<Q", size) + bytes(i % 251 for i in range(size))


def inverted(rounded, lists):
    """`lists` of row numbers; fewer than half of them filled are written in the sparse form."""
    size = DIM * (1 if rounded else 4)
    out = header(b"IwSq" if rounded else b"IwFl") + struct.pack("<QQ", len(lists), 1) + flat([0.5] * (len(lists) * DIM)) + struct.pack("<BQ", 0, 0)
    if rounded:
        out += quantizer(half=False) + struct.pack("<QB", size, 1)
    out += b"ilar" + struct.pack("<QQ", len(lists), size)
    filled = [(i, rows) for i, rows in enumerate(lists) if rows]
    if len(filled) > len(lists) // 2:
        out += b"full" + struct.pack(f"<Q{len(lists)}Q", len(lists), *map(len, lists))
    else:
        out += b"sprs" + struct.pack("<Q", 2 * len(filled)) + b"".join(struct.pack("<QQ", i, len(rows)) for i, rows in filled)
    return out + b"".join(bytes(size * len(rows)) + struct.pack(f"<{len(rows)}q", *rows) for _, rows in filled)


def graph(links=8, **wrong):
    """Every tenth row is on two levels; links lead to the next rows of the level. `wrong`: PART=(place, value)."""
    levels = [2 if row % 10 == 0 else 1 for row in range(ROWS)]
    offsets, chains = [0], []
    for row, count in enumerate(levels):
        chains += [(row + 1) % ROWS, (row + 2) % ROWS] + [-1] * (2 * links - 2)
        chains += ([(row + 10) % 110] + [-1] * (links - 1)) * (count - 1)
        offsets.append(len(chains))
    parts = {"count": [2], "first": [0, 2 * links, 3 * links], "levels": levels, "offsets": offsets, "chains": chains, "end": [0, 1, 40, 16, 1]}
    for part, (place, value) in wrong.items():
        parts[part][place] = value
    out = header(b"IHNf") + struct.pack("<Q2d", *parts["count"], 0.875, 0.109375)
    for part, form in (("first", "i"), ("levels", "i"), ("offsets", "Q"), ("chains", "i")):
        out += struct.pack(f"<Q{len(parts[part])}{form}", len(parts[part]), *parts[part])
    return out + struct.pack("<5i", *parts["end"]) + flat([0.5] * (ROWS * DIM))


def indexes():
    draw = random.Random(3)
    rows = list(range(ROWS))
    lists = [rows[:40], rows[40:90], rows[90:]]
    put("index_file", "flat", b"\0" + flat([draw.uniform(-1, 1) for _ in range(ROWS * DIM)]))
    put("index_file", "sq8", b"\1" + scalar(half=False))
    put("index_file", "sqfp16", b"\2" + scalar(half=True))
    put("index_file", "ivf_flat", b"\3" + inverted(False, lists))
    put("index_file", "ivf_flat_sparse", b"\3" + inverted(False, [[], rows, []]))
    put("index_file", "ivf_sq8", b"\4" + inverted(True, lists))
    put("index_file", "hnsw", b"\5" + graph())
    for name, wrong in {"levels_0": {"count": (0, 0)}, "level_sizes": {"first": (1, 15)}, "level_of_a_row": {"levels": (3, 3)},
                        "offset_first": {"offsets": (0, 1)}, "offset_of_a_row": {"offsets": (4, 90)}, "link_beyond": {"chains": (7, ROWS)},
                        "entry_below": {"end": (0, 1)}, "beam_0": {"end": (2, 0)}}.items():
        put("index_file", f"hnsw_{name}", b"\5" + graph(**wrong))
    sparse = inverted(False, [[], rows, []])
    put("index_file", "ivf_sparse_odd", b"\3" + sparse.replace(b"sprs" + struct.pack("<Q", 2), b"sprs" + struct.pack("<Q", 3)))
    put("index_file", "ivf_sparse_beyond", b"\3" + sparse.replace(struct.pack("<QQQ", 2, 1, ROWS), struct.pack("<QQQ", 2, 9, ROWS)))
    put("index_file", "ivf_other_form", b"\3" + sparse.replace(b"sprs", b"full"))
    put("index_file", "ivf_too_few", b"\3" + inverted(False, [rows[:40], rows[40:90], rows[91:]]))
    put("index_file", "ivf_too_many", b"\3" + inverted(False, [rows, rows[40:90], rows[90:]]))
    put("index_file", "ivf_row_twice", b"\3" + inverted(False, [rows[:40], rows[40:89] + [3], rows[90:]]))
    put("index_file", "flat_longer", b"\0" + flat([0.5] * (ROWS * DIM)) + b"x")
    put("index_file", "flat_other_rows", b"\0" + flat([0.5] * DIM))
    put("index_file", "flat_other_tag", b"\0" + scalar(half=False))
    put("index_file", "flat_cut", b"\0" + flat([0.5] * DIM)[:40])
    put("index_file", "sq8_cut", b"\1" + scalar(half=False)[:-1])
    put("index_file", "sq8_longer", b"\1" + scalar(half=False) + b"x")
    put("index_file", "hnsw_longer", b"\5" + graph() + bytes(8))
    put("index_file", "another_kind", b"\5" + scalar(half=False)[:100])


# --- weights ---

def plain_archive(entries, size_of_directory=None):
    local = b"PK\3\4" + bytes(22) + b"\1\0\0\0x"
    directory = b"".join(entries)
    return local + directory + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), size_of_directory or len(directory), len(local), 0)


def archives():
    entry = b"PK\1\2" + bytes(24) + struct.pack("<HHH", 1, 0, 0) + bytes(12) + b"x"
    extra = struct.pack("<HHB", 9, 1, 7) + struct.pack("<HHQ", 1, 8, 5)
    large = b"PK\1\2" + bytes(20) + struct.pack("<IHHH", 0xFFFFFFFF, 1, len(extra), 0) + bytes(12) + b"x" + extra
    put("zip_directory", "torch_archive", (WEIGHTS / "checkpoint.pth").read_bytes())
    put("zip_directory", "plain", plain_archive([entry]))
    put("zip_directory", "a_name_twice", plain_archive([entry, entry]))
    put("zip_directory", "cut_directory", plain_archive([entry[:40]]))
    put("zip_directory", "directory_leaves_file", plain_archive([entry], size_of_directory=1000))
    put("zip_directory", "size_in_zip64", plain_archive([large]))
    put("zip_directory", "size_missing", plain_archive([large.replace(extra, b"\0" * len(extra))]))
    locator = b"PK\6\7" + struct.pack("<IQI", 0, 0, 1)
    put("zip_directory", "zip64_end_elsewhere", bytes(60) + locator + b"PK\5\6" + bytes(18))
    end64 = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 300_000, 300_000, 0, 0)
    put("zip_directory", "too_many_records", end64 + locator + b"PK\5\6" + bytes(18))


def pickles():
    for path in sorted(WEIGHTS.glob("*.pth")):
        if zipfile.is_zipfile(path) and path.stat().st_size < 10_000:
            with zipfile.ZipFile(path) as archive:
                name = next(n for n in archive.namelist() if n.endswith("/data.pkl"))
                put("pickle", path.stem, archive.read(name))
    put("pickle", "hostile_name", b"\x80\x02cos\nsystem\n.")
    names = b"\x8c\x0bcollections\x94\x8c\x0bOrderedDict\x94\x93\x94"
    put("pickle", "protocol_4", b"\x80\x04\x95" + bytes(8) + names + b")R\x940}\x8c\x01k\x8a\x02\xff\xffs.")


def safetensors():
    def file(name, tensors, values):
        text = json.dumps(tensors, separators=(",", ":")).encode()
        put("safetensors", name, struct.pack("<Q", len(text)) + text + values)

    file("types", {"__metadata__": {"format": "pt"}, "a": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]},
                   "n": {"dtype": "I64", "shape": [], "data_offsets": [8, 16]},
                   "flags": {"dtype": "BOOL", "shape": [2], "data_offsets": [16, 18]}}, bytes([1] * 18))
    file("gap", {"a": {"dtype": "F16", "shape": [2], "data_offsets": [4, 8]}}, bytes(8))
    file("unknown_type", {"a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}}, b"ab")


if __name__ == "__main__":
    for make in (manifests, requests, indexes, archives, pickles, safetensors):
        make()
