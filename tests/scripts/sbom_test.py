#!/usr/bin/env python3
"""docker/sbom lists what dpkg says is installed, what the programs are built with, and nothing else."""
import json
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
STATUS = """Package: libfoo++1
Status: install ok installed
Architecture: amd64
Source: foo
Version: 1:2.0+deb12u1
Maintainer: nobody
Description: one

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0
Maintainer: nobody
Description: two

Package: tzdata
Status: install ok installed
Architecture: all
Version: 2026a-0
Maintainer: nobody
Description: three
"""


def sbom(*arguments):
    with tempfile.TemporaryDirectory() as admindir:
        pathlib.Path(admindir, "status").write_text(STATUS)
        pathlib.Path(admindir, "info").mkdir()
        command = [ROOT / "docker/sbom", "--name", "an-image", "--admindir", admindir, *arguments]
        environment = {"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": "0"}
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


class SbomTest(unittest.TestCase):
    def test_lists_what_is_installed_and_what_setup_brings(self):
        packages = {package["name"]: package for package in sbom("--built-in", "")["packages"]}
        self.assertEqual(set(packages), {"an-image", "libfoo++1", "tzdata", "torch", "faiss"})
        foo = packages["libfoo++1"]
        self.assertEqual(foo["versionInfo"], "1:2.0+deb12u1")
        self.assertEqual(foo["externalRefs"][0]["referenceLocator"],
                         "pkg:deb/debian/libfoo%2B%2B1@1%3A2.0%2Bdeb12u1?arch=amd64&distro=debian-12")
        self.assertEqual(foo["sourceInfo"], "built package from: foo 1:2.0+deb12u1")
        self.assertIn(f"TORCH_VERSION={packages['torch']['versionInfo']}\n", (ROOT / "scripts/setup").read_text())

    def test_what_programs_are_built_with_is_linked_not_contained(self):
        document = sbom("--built-in", "dpkg,no-such-package")
        names = {package["SPDXID"]: package["name"] for package in document["packages"]}
        linked = [names[r["relatedSpdxElement"]] for r in document["relationships"] if r["relationshipType"] == "STATIC_LINK"]
        self.assertEqual(linked, ["dpkg"])

    def test_is_a_whole_spdx_document(self):
        document = sbom()
        self.assertEqual((document["spdxVersion"], document["dataLicense"], document["SPDXID"]),
                         ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
        self.assertEqual(document["creationInfo"]["created"], "1970-01-01T00:00:00Z")
        identities = [package["SPDXID"] for package in document["packages"]]
        self.assertEqual(len(identities), len(set(identities)))
        for identity in identities:
            self.assertRegex(identity, r"^SPDXRef-[A-Za-z0-9.-]+$")
        for relation in document["relationships"]:
            self.assertIn(relation["relatedSpdxElement"], identities)

    def test_the_same_image_has_the_same_document(self):
        self.assertEqual(sbom("--built-in", ""), sbom("--built-in", ""))


if __name__ == "__main__":
    unittest.main()
