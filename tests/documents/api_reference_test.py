"""docs/api_reference.md is what scripts/api_reference makes of the .proto files, and that leaves nothing out."""
import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load_script():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("api_reference", str(ROOT / "scripts/api_reference"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("api_reference", loader))
    loader.exec_module(module)
    return module


api_reference = load_script()

PROTO = """// What a shop answers, see docs/api.md.
syntax = "proto3";
package shop.v1;
service Shop {
  // Asks.
  rpc Ask(Question) returns (stream Answer);
}
message Question {
  oneof query {
    string word = 1;   // A | B.
    bytes picture = 2;
  }
  // The
  // least.
  optional float least = 4;
}
message Answer {
  message Part {
    Kind kind = 1;
  }
  repeated Part parts = 1;
  enum State {
    STATE_NONE = 0;    // Nothing.
  }
}
message Nothing {}
enum Kind {
  KIND_NONE = 0;
}
"""

PAGE = r"""
## shop.proto

What a shop answers, see [api.md](api.md).

### Shop

| method | request | response | |
|---|---|---|---|
| `Ask` | [Question](#question) | stream [Answer](#answer) | Asks. |

### Question

| field | number | type | |
|---|---|---|---|
| `word` | 1 | string, one of `query` | A \| B. |
| `picture` | 2 | bytes, one of `query` |  |
| `least` | 4 | optional float | The least. |

### Answer

| field | number | type | |
|---|---|---|---|
| `parts` | 1 | repeated [Part](#part) |  |

### Part

| field | number | type | |
|---|---|---|---|
| `kind` | 1 | [Kind](#kind) |  |

### State

| value | number | |
|---|---|---|
| `STATE_NONE` | 0 | Nothing. |

### Nothing

No fields.

### Kind

| value | number | |
|---|---|---|
| `KIND_NONE` | 0 |  |
"""


class ApiReferenceTest(unittest.TestCase):
    def test_the_document_is_up_to_date(self):
        done = subprocess.run([sys.executable, ROOT / "scripts/api_reference", "--check"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_every_proto_file_of_the_api_is_in_it(self):
        self.assertEqual(set(api_reference.PROTOS), {str(path.relative_to(ROOT / "proto")) for path in (ROOT / "proto/lookbook/v1").glob("*.proto")})

    def test_every_method_says_what_it_does(self):
        for file in api_reference.read_descriptors():
            comments = api_reference.Comments(file)
            for i, service in enumerate(file.service):
                for k, method in enumerate(service.method):
                    self.assertTrue(comments(api_reference.SERVICE, i, api_reference.METHOD, k), f"{service.name}.{method.name}")

    def test_what_a_page_looks_like(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "shop.proto").write_text(PROTO)
            text = api_reference.render(api_reference.read_descriptors(("shop.proto",), folder))
        self.assertEqual(text, api_reference.HEAD + PAGE)


if __name__ == "__main__":
    unittest.main()
