"""lookbook-server serves the bundle of every recipe, and each answers a search.

LOOKBOOK_EVERY_RECIPE is the folder in which tests/models/commands/every_recipe_test.cc left data set and bundles: with CTest
that test runs first, as a fixture. By hand:

  export LOOKBOOK_BIN=build/release/bin LOOKBOOK_EVERY_RECIPE=build/release/every_recipe
  build/release/tests/models_commands_every_recipe_test && python3 tests/e2e/every_recipe_test.py
"""
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from programs import BIN, ProgramTest, run, search

MADE = pathlib.Path(os.environ["LOOKBOOK_EVERY_RECIPE"])
RECIPES = pathlib.Path(__file__).parents[2] / "models" / "recipes"
BUNDLES_A_SERVER = 8  # As many as one can be given.


def recipes():
    """The recipe files by the name of their bundle root."""
    return {"-".join(p.relative_to(RECIPES).with_suffix("").parts): p for p in sorted(RECIPES.rglob("*.toml"))}


class EveryRecipeTest(ProgramTest):
    def test_every_recipe_has_a_bundle(self):
        self.assertEqual(sorted(recipes()), sorted(p.name for p in (MADE / "bundles").iterdir()))
        self.assertGreaterEqual(len(recipes()), 28)

    def test_every_bundle_is_served_and_searched(self):
        roots = {name: MADE / "bundles" / name for name in recipes()}
        names = list(roots)
        for first in range(0, len(names), BUNDLES_A_SERVER):
            part = names[first:first + BUNDLES_A_SERVER]
            server = self.serve({name: roots[name] for name in part}, "--deadlines.lame-duck", "0s")
            info = json.loads(run(BIN / "lookbook", "info", "--json", "--server", server.address).stdout)["bundles"]
            self.assertEqual([b["name"] for b in info], part)
            for bundle in info:
                with self.subTest(bundle["name"]):
                    self.search(server, bundle["name"], roots[bundle["name"]])
            self.assertEqual(server.terminate(), 0, server.output())

    def search(self, server, name, root):
        """A picture that is in the index, among all that are in it."""
        current = (root / "CURRENT").read_text().split()[0]
        manifest = json.loads((root / current / "manifest.json").read_text())
        items = int(manifest["item_count"])
        picture = MADE / "data" / "train" / (self.an_item(server, name) + ".jpg")
        (answer,) = search(server, picture, "--bundle", name, "--top-k", items, "--top-classes", 0)
        self.assertNotIn("error", answer)
        self.assertEqual(answer["bundle_id"], current)
        self.assertEqual(sorted(c["class_id"] for c in answer["classes"]), sorted(c["id"] for c in manifest["classes"]))
        similarities = {n["item_id"]: n["similarity"] for n in answer["neighbors"]}
        self.assertEqual(len(similarities), items)
        self.assertEqual(list(similarities.values()), sorted(similarities.values(), reverse=True))
        self.assertAlmostEqual(similarities[picture.stem], 1, places=4)

    def an_item(self, server, name):
        """One of the pictures that the split put into the index."""
        query = sorted((MADE / "data" / "holdout").glob("*.jpg"))[0]
        (answer,) = search(server, query, "--bundle", name, "--top-k", 5)
        self.assertEqual(len(answer["neighbors"]), 5)
        return answer["neighbors"][0]["item_id"]


if __name__ == "__main__":
    unittest.main(verbosity=2)
