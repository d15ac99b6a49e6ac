"""A published bundle (docs/bundle_format.md) as the peer serves it."""
import json
import pathlib
import sqlite3

import faiss
import torch


class Bundle:
    """Immutable once made; every thread may use it.

    Attributes: id, manifest (a dict), size (side of the model's input), dim, model, index, items (rows of
    (id, uri, class ids, attribute ids)), classes (rows of (id, name, threshold)).
    """

    def __init__(self, root):
        self.id = (pathlib.Path(root) / "CURRENT").read_text().split()[0]
        folder = pathlib.Path(root) / self.id
        self.manifest = json.loads((folder / "manifest.json").read_text())
        self.size = self.manifest["preprocess"]["size"]
        self.dim = self.manifest["embedding_dim"]
        self.classes = [(c["id"], c["name"], c["threshold"]) for c in self.manifest["classes"]]
        self.items = _read_items(folder / "items.sqlite")
        self.index = faiss.read_index(str(folder / self.manifest["index"]["file"]))
        self.model = _read_model(folder / "model.ts")


def _read_items(path):
    with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as database:
        facts = [(item, uri, [], []) for item, uri in database.execute("SELECT id, uri FROM items ORDER BY row")]
        for row, label in database.execute("SELECT row, class_id FROM item_classes ORDER BY row, class_id"):
            facts[row][2].append(label)
        for row, label in database.execute("SELECT row, attribute_id FROM item_attributes ORDER BY row, attribute_id"):
            facts[row][3].append(label)
    return facts


def _read_model(path):
    module = torch.jit.load(str(path), map_location="cpu").eval()
    # By hand: optimize_for_inference() takes an archive without a `training` flag for frozen already.
    return torch.jit.optimize_for_inference(torch.jit.freeze(module))
