"""What the tests of the documents read of Markdown: headings, links, code. Standard library only."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

FENCE = re.compile(r"^```(.*)$")
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")


def files(root=ROOT):
    """Every document of the tree, and none of what a build left."""
    found = sorted(root.glob("*.md"))
    for folder in ("docs", "deploy", "examples", "third_party"):
        found += sorted((root / folder).rglob("*.md"))
    return found


class Block:
    """A fenced piece of code. `info` is what stands behind the fence, such as "cpp examples/cpp/find_similar.cc"."""

    def __init__(self, line, info):
        self.line, self.info, self.lines = line, info, []


class Document:
    def __init__(self, path):
        self.path = path
        self.blocks, self.prose = [], []  # The latter: (line number, text) outside of blocks.
        block = None
        for number, line in enumerate(path.read_text().splitlines(), 1):
            fence = FENCE.match(line)
            if fence and block is None:
                block = Block(number, fence.group(1).strip())
            elif fence:
                self.blocks.append(block)
                block = None
            elif block is not None:
                block.lines.append(line)
            else:
                self.prose.append((number, line))
        if block is not None:
            raise ValueError(f"{path}:{block.line}: a fence without its end")

    def inline_code(self):
        return [(number, code) for number, text in self.prose for code in CODE.findall(text)]

    def links(self):
        """Targets as they stand."""
        return [(number, target) for number, text in self.prose for target in LINK.findall(CODE.sub("", text))]

    def anchors(self):
        """What a link may have behind its #, as GitHub makes it of headings."""
        seen, found = {}, set()
        for _, text in self.prose:
            heading = re.match(r"#{1,6} (.*)", text)
            if not heading:
                continue
            words = re.sub(r"[^\w\- ]", "", LINK_TEXT.sub(r"\1", heading.group(1)).strip().lower())
            anchor = words.replace(" ", "-")
            count = seen.get(anchor, 0)
            seen[anchor] = count + 1
            found.add(anchor if count == 0 else f"{anchor}-{count}")
        return found


LINK_TEXT = re.compile(r"\[([^\]]*)\]\([^)]*\)")
