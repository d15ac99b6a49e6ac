#!/usr/bin/env python3
"""docker/sbom lists what dpkg says is installed, the wheels that libraries are from, what the programs are built with, and nothing
else; docker/check_sbom finds what such a list lacks."""
import base64
import hashlib
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


def write_wheel(wheels, name, version, licence, files):
    """The *.dist-info folder of a wheel with these files, {path: content}."""
    info = wheels / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{licence}\n\nLicense: of another\n")
    digest = lambda content: base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    (info / "RECORD").write_text("".join(f"{path},sha256={digest(content)},{len(content)}\n" for path, content in files.items())
                                 + f"{info.name}/RECORD,,\n")


class ImageTest(unittest.TestCase):
    """With a folder as an image's /opt/lookbook, and what it is made of."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        root = pathlib.Path(scratch.name)
        self.wheels, self.lookbook, self.admindir = root / "wheels", root / "lookbook", root / "dpkg"
        self.libraries = self.lookbook / "lib/lookbook"
        self.libraries.mkdir(parents=True)
        (self.admindir / "info").mkdir(parents=True)
        (self.admindir / "status").write_text(STATUS)
        write_wheel(self.wheels, "torch", "2.11.0", "License: BSD-3-Clause", {"torch/lib/libtorch_cpu.so": b"torch"})
        write_wheel(self.wheels, "nvidia-cuda-runtime", "13.0", "License-Expression: LicenseRef-NVIDIA-Proprietary",
                    {"nvidia/cu13/lib/libcudart.so.13": b"cudart", "nvidia/cu13/lib/libspare.so": b"spare"})
        write_wheel(self.wheels, "nvidia-unused", "1.0", "License: one of several words", {"nvidia/cu13/lib/libunused.so": b"unused"})
        self.library("libtorch_cpu.so", b"torch")
        self.library("libcudart.so.13", b"cudart")
        self.library("lookbook_cuda.so", b"ours")

    def library(self, name, content):
        (self.libraries / name).write_bytes(content)

    def run_sbom(self, *arguments):
        command = [ROOT / "docker/sbom", "--name", "an-image", "--admindir", self.admindir, "--wheels", self.wheels,
                   "--libraries", self.libraries, *arguments]
        return subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": "0"})

    def sbom(self, *arguments):
        done = self.run_sbom(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)


class SbomTest(ImageTest):
    def test_lists_what_is_installed_and_what_setup_brings(self):
        packages = {package["name"]: package for package in self.sbom("--built-in", "")["packages"]}
        self.assertEqual(set(packages), {"an-image", "libfoo++1", "tzdata", "torch", "nvidia-cuda-runtime", "faiss"})
        foo = packages["libfoo++1"]
        self.assertEqual(foo["versionInfo"], "1:2.0+deb12u1")
        self.assertEqual(foo["externalRefs"][0]["referenceLocator"],
                         "pkg:deb/debian/libfoo%2B%2B1@1%3A2.0%2Bdeb12u1?arch=amd64&distro=debian-12")
        self.assertEqual(foo["sourceInfo"], "built package from: foo 1:2.0+deb12u1")
        self.assertIn(f"FAISS_VERSION={packages['faiss']['versionInfo']}\n", (ROOT / "scripts/setup").read_text())

    def test_wheels_have_their_licences_and_libraries(self):
        document = self.sbom("--built-in", "")
        packages = {package["SPDXID"]: package for package in document["packages"]}
        files = {file["SPDXID"]: file for file in document["files"]}
        owners = {files[r["spdxElementId"]]["fileName"]: packages[r["relatedSpdxElement"]] for r in document["relationships"]
                  if r["relationshipType"] == "EXPANDED_FROM_ARCHIVE"}
        self.assertEqual({path: (p["name"], p["versionInfo"], p["licenseDeclared"]) for path, p in owners.items()},
                         {"./opt/lookbook/lib/lookbook/libtorch_cpu.so": ("torch", "2.11.0", "BSD-3-Clause"),
                          "./opt/lookbook/lib/lookbook/libcudart.so.13":
                              ("nvidia-cuda-runtime", "13.0", "LicenseRef-NVIDIA-Proprietary")})
        self.assertEqual([licence["licenseId"] for licence in document["hasExtractedLicensingInfos"]], ["LicenseRef-NVIDIA-Proprietary"])

    def test_a_licence_that_is_no_expression_is_a_comment(self):
        self.library("libunused.so", b"unused")
        (package,) = [p for p in self.sbom()["packages"] if p["name"] == "nvidia-unused"]
        self.assertEqual((package["licenseDeclared"], package["licenseComments"]), ("NOASSERTION", "one of several words"))

    def test_a_library_of_no_wheel_is_refused(self):
        self.library("libelse.so.1", b"torch")
        done = self.run_sbom()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("libelse.so.1", done.stderr)

    def test_so_is_one_that_was_changed(self):
        self.library("libtorch_cpu.so", b"torch, and something else")
        self.assertIn("libtorch_cpu.so", self.run_sbom().stderr)

    def test_what_programs_are_built_with_is_linked_not_contained(self):
        document = self.sbom("--built-in", "dpkg,no-such-package")
        names = {package["SPDXID"]: package["name"] for package in document["packages"]}
        linked = [names[r["relatedSpdxElement"]] for r in document["relationships"] if r["relationshipType"] == "STATIC_LINK"]
        self.assertEqual(linked, ["dpkg"])

    def test_is_a_whole_spdx_document(self):
        document = self.sbom()
        self.assertEqual((document["spdxVersion"], document["dataLicense"], document["SPDXID"]),
                         ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
        self.assertEqual(document["creationInfo"]["created"], "1970-01-01T00:00:00Z")
        identities = [element["SPDXID"] for element in document["packages"] + document["files"]]
        self.assertEqual(len(identities), len(set(identities)))
        for identity in identities:
            self.assertRegex(identity, r"^SPDXRef-[A-Za-z0-9.-]+$")
        for relation in document["relationships"]:
            self.assertIn(relation["relatedSpdxElement"], identities)

    def test_the_same_image_has_the_same_document(self):
        self.assertEqual(self.sbom("--built-in", ""), self.sbom("--built-in", ""))


class CheckTest(ImageTest):
    def setUp(self):
        super().setUp()
        self.document = self.sbom("--built-in", "")
        self.installed = "libfoo++1\t1:2.0+deb12u1\ntzdata\t2026a-0\n"
        for folder in ("torch-2.11.0", "nvidia_cuda_runtime-13.0", "faiss"):
            self.licence(folder)

    def licence(self, folder):
        path = self.lookbook / "share/lookbook/licenses" / folder
        path.mkdir(parents=True)
        (path / "LICENSE").write_text("Do as you like.")

    def complaints(self):
        (self.lookbook / "share/lookbook/sbom.spdx.json").write_text(json.dumps(self.document))
        (self.admindir / "packages.tsv").write_text(self.installed)
        done = subprocess.run([ROOT / "docker/check_sbom", self.lookbook, self.admindir / "packages.tsv"], capture_output=True, text=True)
        lines = [line.removeprefix("check_sbom: not there: ") for line in done.stderr.splitlines()]
        self.assertEqual(done.returncode, 1 if lines else 0, done.stderr)
        return lines

    def test_a_whole_list_passes(self):
        self.assertEqual(self.complaints(), [])

    def test_every_package_of_the_image_is_listed_in_its_version(self):
        self.installed += "newcomer\t1.0\n"
        self.installed = self.installed.replace("2026a-0", "2026b-0")
        self.assertEqual(self.complaints(), ["package tzdata\t2026b-0", "package newcomer\t1.0"])

    def test_every_library_is_listed_as_it_is(self):
        self.library("libspare.so", b"spare")
        self.library("libcudart.so.13", b"of another version")
        self.assertEqual(self.complaints(), ["library lib/lookbook/libcudart.so.13", "library lib/lookbook/libspare.so"])

    def test_a_listed_library_is_from_a_listed_package(self):
        self.document["packages"] = [p for p in self.document["packages"] if p["name"] != "torch"]
        self.assertEqual(self.complaints(), ["library lib/lookbook/libtorch_cpu.so"])

    def test_licences_are_there(self):
        for path in self.lookbook.glob("share/lookbook/licenses/*/LICENSE"):
            path.unlink()
        self.assertEqual(self.complaints(), ["licence of nvidia-cuda-runtime", "licence of torch", "licence of faiss"])


if __name__ == "__main__":
    unittest.main()
