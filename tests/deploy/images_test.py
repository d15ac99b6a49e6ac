"""What the images are built by, as far as it can be seen without building one: docker/*.Dockerfile, the scripts beside them, and the
commands of the documents."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
NAMES = ("server", "trainer")
# What the documents build images with.
DOCUMENTS = [DOCKER / "server.Dockerfile", DOCKER / "trainer.Dockerfile", ROOT / "docs/kubernetes.md"]


def stages(name):
    """{stage: its instructions, each on one line}; the last one, without a name, is ""."""
    text = re.sub(r"\\\n\s*", " ", (DOCKER / f"{name}.Dockerfile").read_text())
    found, stage = {}, None
    for line in text.splitlines():
        if match := re.match(r"FROM \S+(?: AS (\S+))?$", line):
            stage = found.setdefault(match[1] or "", [])
        elif stage is not None and line and not line.startswith("#"):
            stage.append(line)
    return found


class DockerfilesTest(unittest.TestCase):
    def test_both_come_from_one_cached_build(self):
        self.assertEqual(stages("server")["build"], stages("trainer")["build"])

    def test_another_day_takes_in_updates(self):
        for name in NAMES:
            for stage, step in (("build", "docker/install_programs"), ("runtime", "apt-get upgrade -y")):
                with self.subTest(name=name, stage=stage):
                    instructions = stages(name)[stage]
                    (run,) = [i for i, line in enumerate(instructions) if line.startswith("RUN ") and step in line]
                    self.assertIn("ARG UPDATES=", instructions[:run])
                    self.assertIn("${UPDATES}", instructions[run])  # An argument that no step names need not make it anew.

    def test_the_commit_reaches_the_build(self):
        for name in NAMES:
            build = stages(name)["build"]
            self.assertIn("ARG COMMIT=", build)
            self.assertRegex(build[-1], r"^RUN .*docker/install_programs \$\{DEVICE\} /opt \$\{COMMIT\}$")
            # What comes before it stays in the cache when the commit changes.
            self.assertGreater(build.index("ARG COMMIT="), build.index("COPY . ."))
        self.assertIn('"-DLOOKBOOK_GIT_COMMIT=$commit"', (DOCKER / "install_programs").read_text())

    def test_build_and_test_gives_both(self):
        script = (DOCKER / "build_and_test").read_text()
        self.assertIn('--build-arg "COMMIT=$commit"', script)
        self.assertIn('--build-arg "UPDATES=$(date +%F)"', script)

    def test_each_list_is_made_of_what_the_image_holds(self):
        for name in NAMES:
            (run,) = [line for line in stages(name)["sbom"] if line.startswith("RUN ")]
            self.assertIn(f"--name lookbook-{name} ", run)
            self.assertIn(f"--wheels /opt/wheels --libraries /opt/{name}/lib/lookbook ", run)
            self.assertIn(f"COPY --from=build /opt/{name} /opt/lookbook", stages(name)[""])

    def test_documents_build_with_updates_and_commit_and_stop_after_the_drain(self):
        for path in DOCUMENTS:
            text = path.read_text()
            with self.subTest(path.name):
                for wanted in ("--pull", "--build-arg UPDATES=$(date +%F)", "--build-arg COMMIT=$(git rev-parse --short=12 HEAD)"):
                    self.assertIn(wanted, text)
        for path in (DOCKER / "server.Dockerfile", ROOT / "docs/quickstart/operator.md"):
            for line in re.findall(r"docker run .*lookbook-server.*", path.read_text()):
                self.assertIn("--stop-timeout 30 ", line)


class ScriptsTest(unittest.TestCase):
    """Functions of the scripts, with stand-ins for what they call."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.deps = pathlib.Path(scratch.name)

    def call(self, script, functions, commands):
        """Runs commands after these functions of a script of docker/, as the script would: with its `set`."""
        text = (DOCKER / script).read_text()
        bodies = []
        for function in functions:
            (body,) = re.findall(rf"^{function}\(\) \{{(?: .* \}}\n|\n(?:.*\n)*?\}}\n)", text, re.MULTILINE)
            bodies.append(body)
        return subprocess.run(["bash", "-c", "set -euo pipefail\n" + "".join(bodies) + commands], cwd=ROOT, text=True,
                              capture_output=True, env={"PATH": os.environ["PATH"], "LOOKBOOK_DEPS": str(self.deps)})

    def cuda_libraries(self, pip_ends_with):
        """With a pip that fills its target and then ends so."""
        return self.call("install_programs", ("setup_value", "cuda_libraries"), f"""
            python3() {{
              mkdir -p "$3/bin"
              printf '#!/bin/sh\\nwhile [ "$1" != --target ]; do shift; done; mkdir -p "$2/torch"; exit {pip_ends_with}\\n' > "$3/bin/python"
              chmod +x "$3/bin/python"
            }}
            folder=$(cuda_libraries)
            echo "$folder" """)

    def test_what_a_pip_that_failed_left_is_not_taken(self):
        done = self.cuda_libraries(1)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual([path.name for path in self.deps.glob("torch-*") if path.suffix != ".tmp"], [])
        done = self.cuda_libraries(0)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((pathlib.Path(done.stdout.strip()) / "torch").is_dir())

    def test_libraries_that_nothing_loads_are_left_out(self):
        wanted = {"libtorch_cuda.so", "libnvrtc.so.13", "libnvrtc-builtins.so.13.0", "libcufft.so.12", "libcusolver.so.12", "libcupti.so.13"}
        spare = {"libtorch_python.so", "libnvrtc.alt.so.13", "libnvrtc-builtins.alt.so.13.0", "libcusolverMg.so.12", "libcufftw.so.12",
                 "libnvblas.so.13", "libnvperf_host.so", "libcheckpoint.so", "libpcsamplingutil.so"}
        for name in wanted | spare:
            path = self.deps / ("torch/lib" if "torch" in name else "nvidia/cu13/lib") / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        (self.deps / "image").mkdir()
        spares = re.search(r"^spare=\(.*\)$", (DOCKER / "install_programs").read_text(), re.MULTILINE)[0]
        done = self.call("install_programs", ("copy_cuda_libraries",), f'{spares}\ncopy_cuda_libraries "$LOOKBOOK_DEPS" "$LOOKBOOK_DEPS/image"')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({path.name for path in (self.deps / "image").iterdir()}, wanted)

    def test_a_base_is_used_for_a_week(self):
        def is_recent(made):
            return self.call("build_and_test", ("is_within_days",), f'is_within_days "{made}" 7').returncode == 0
        day = lambda ago: subprocess.run(["date", "-d", f"-{ago} days", "+%F"], capture_output=True, text=True, check=True).stdout.strip()
        self.assertTrue(is_recent(day(0)))
        self.assertTrue(is_recent(day(5)))
        self.assertFalse(is_recent(day(9)))
        self.assertFalse(is_recent(""))  # Of a base that does not say.


if __name__ == "__main__":
    unittest.main()
