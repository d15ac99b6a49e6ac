#!/usr/bin/env bash
# scripts/setup with stand-ins for python3, unzip, cmake and ninja: a step that fails is reported, leaves nothing that
# looks finished, and is done again the next time.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() { printf 'FAILED: %s: %s\n' "$name" "$1"; sed 's/^/    /' "$work/output"; failures=$((failures + 1)); }
prints() { grep -qF -- "$1" "$work/output" || fail "does not print \"$1\""; }
prints_not() { ! grep -qF -- "$1" "$work/output" || fail "prints \"$1\""; }
absent() { [ ! -e "$work/deps/$1" ] || fail "$1 is there"; }
present() { [ -e "$work/deps/$1" ] || fail "$1 is not there"; }

# stub NAME: a program in front of PATH; its text comes from standard input.
stub() { { echo '#!/bin/bash'; cat; } > "$work/bin/$1"; chmod +x "$work/bin/$1"; }

# A case in an empty deps folder, with LibTorch and FAISS of one's own.
begin() {
  name="$1"
  rm -rf "$work"/{deps,bin,torch,faiss}
  mkdir -p "$work"/{deps,bin,torch/lib,torch/include/ATen,faiss/lib}
  touch "$work/torch/lib/libtorch_cpu.so" "$work/torch/include/ATen/ATen.h" "$work/faiss/lib/libfaiss.a"
  own=(LOOKBOOK_TORCH_DIR="$work/torch" faiss_ROOT="$work/faiss")
  # `python3 -m venv DIR` makes a Python whose pip and whose imports fail on demand.
  stub python3 << EOF
[ "\$1 \$2" = "-m venv" ] || exit 9
mkdir -p "\$3/bin"
cat > "\$3/bin/python" << 'PYTHON'
#!/bin/bash
case "\$*" in
  *" pip install "*) [ ! -e "$work/pip-fails" ] && touch "\${0%/*}/installed" ;;
  *" pip download "*) [ ! -e "$work/pip-fails" ] ;;
  *import*) [ ! -e "$work/import-fails" ] && [ -e "\${0%/*}/installed" ] ;;
  *) exit 9 ;;
esac
PYTHON
chmod +x "\$3/bin/python"
EOF
  rm -f "$work"/{pip,import}-fails
}

# setup CODE [FLAG...]: runs it and compares the exit code.
setup() {
  local want="$1" code=0
  shift
  env -u LOOKBOOK_TORCH_DIR -u faiss_ROOT "${own[@]}" LOOKBOOK_DEPS="$work/deps" LOOKBOOK_SKIP_APT="${skip_apt:-1}" \
    PATH="$work/bin:$PATH" scripts/setup "$@" > "$work/output" 2>&1 || code=$?
  [ "$code" = "$want" ] || fail "exits with $code, not $want"
}

begin "all goes well, and the second time nothing is done"
setup 0
prints "make the tests' Python environment: done"
prints "setup: ready"
setup 0
prints_not "make the tests' Python environment"
prints "setup: ready"

begin "pip fails"
touch "$work/pip-fails"
setup 1
prints "make the tests' Python environment failed"
prints "--no-tests"
prints_not "setup: ready"
setup 1
rm "$work/pip-fails"
setup 0
prints "make the tests' Python environment: done"

begin "a package that pip installed cannot be imported"
touch "$work/import-fails"
setup 1
prints "make the tests' Python environment failed"
rm "$work/import-fails"
setup 0

begin "no Python environment is wanted"
touch "$work/pip-fails"
setup 0 --no-tests
prints "setup: ready"

begin "Prometheus cannot be fetched"
skip_apt=0
stub dpkg-query << 'EOF'
for package in "${@:4}"; do echo "$package installed"; done
EOF
stub apt-get <<< 'exit 1'
setup 1
prints "unpack Prometheus failed"
absent prometheus
stub apt-get <<< 'touch prometheus_1_amd64.deb'
stub dpkg <<< 'mkdir -p root/usr/bin && touch root/usr/bin/prometheus'
setup 1
prints "holds no promtool"
absent prometheus
stub dpkg <<< 'mkdir -p root/usr/bin && touch root/usr/bin/promtool && chmod +x root/usr/bin/promtool'
setup 0
present prometheus/usr/bin/promtool
absent prometheus.tmp
stub apt-get <<< 'exit 1'
setup 0
prints "Prometheus: $work/deps/prometheus"
skip_apt=1

begin "the download fails"
own=(faiss_ROOT="$work/faiss")
touch "$work/pip-fails"
setup 1 --no-tests
prints "download LibTorch 2.11.0 (530 MB) failed"
absent wheels
absent libtorch-2.11.0

begin "a wheel cannot be unpacked"
own=(faiss_ROOT="$work/faiss")
mkdir "$work/deps/wheels"
touch "$work"/deps/wheels/{torch-2.11.0-x,nvidia_cuda_runtime-13.0.96-x,nvidia_cuda_crt-13.0.88-x,nvidia_cuda_cupti-13.0.85-x}.whl
# The first call unpacks LibTorch; the second, CUDA's runtime, fails.
stub unzip << EOF
if [ "\$2" = -j ]; then exit 1; fi
mkdir -p "\$3/torch/lib" "\$3/torch/include/ATen" "\$3/torch-2.11.0.dist-info/licenses"
touch "\$3/torch/lib/libtorch_cpu.so" "\$3/torch/include/ATen/ATen.h"
mkdir -p "\$3/nvidia/cu13/include" "\$3/nvidia_cuda_runtime-x.dist-info/licenses"
touch "\$3/nvidia/cu13/include/cuda_runtime_api.h" "\$3/nvidia_cuda_runtime-x.dist-info/licenses/License.txt"
EOF
setup 1 --no-tests
prints "unpack LibTorch 2.11.0 failed"
absent libtorch-2.11.0
sed -i 's/exit 1/exit 0/' "$work/bin/unzip"
setup 0 --no-tests
present libtorch-2.11.0/lib/libtorch_cpu.so
absent libtorch-2.11.0.tmp
present cuda-headers-13.0/cuda_runtime_api.h

begin "only what is missing is downloaded"
own=(faiss_ROOT="$work/faiss")
mkdir -p "$work"/deps/wheels "$work"/deps/libtorch-2.11.0/{lib,include/ATen}
touch "$work"/deps/libtorch-2.11.0/{lib/libtorch_cpu.so,include/ATen/ATen.h}
touch "$work"/deps/wheels/{torch-2.11.0-x,nvidia_cuda_runtime-13.0.96-x,nvidia_cuda_cupti-13.0.85-x}.whl "$work/pip-fails"
setup 1 --no-tests
prints "download CUDA's headers failed"
[ "$(cut -d = -f 1 "$work/deps/wheels.txt")" = nvidia-cuda-crt ] || fail "downloads $(cat "$work/deps/wheels.txt")"

begin "FAISS does not compile"
own=(LOOKBOOK_TORCH_DIR="$work/torch")
mkdir -p "$work/deps/faiss-1.7.3/faiss"
touch "$work"/deps/faiss-1.7.3/{LICENSE,faiss/Index.h}
stub cmake << 'EOF'
while [ "$1" != -B ]; do shift; done
mkdir -p "$2/faiss" && touch "$2/faiss/libfaiss_avx2.a"
EOF
stub ninja <<< 'exit 1'
setup 1 --no-tests
prints "build FAISS 1.7.3 (AVX2, about 3 minutes) failed"
absent faiss-1.7.3-avx2
stub ninja <<< 'exit 0'
setup 0 --no-tests
present faiss-1.7.3-avx2/lib/libfaiss.a
present faiss-1.7.3-avx2/include/faiss/Index.h

begin "FAISS for GPUs needs a compiler, and is built once"
mkdir -p "$work"/deps/faiss-1.7.3/faiss/gpu "$work/toolkit/bin"
rm -f "$work/toolkit/bin/nvcc"
touch "$work"/deps/faiss-1.7.3/{LICENSE,faiss/gpu/GpuIndexFlat.h}
stub cmake << 'EOF'
while [ "$1" != -B ]; do shift; done
mkdir -p "$2/faiss" && touch "$2/faiss/libfaiss_avx2.a"
EOF
stub ninja <<< 'exit 1'
own+=(CUDA_HOME="$work/toolkit")
setup 1 --no-tests --cuda
prints "toolkit/bin/nvcc is not there; set CUDA_HOME"
touch "$work/toolkit/bin/nvcc" && chmod +x "$work/toolkit/bin/nvcc"
setup 1 --no-tests --cuda
prints "build FAISS 1.7.3 for GPUs (about 25 minutes on 2 cores) failed"
absent faiss-1.7.3-cuda
stub ninja <<< 'exit 0'
setup 0 --no-tests --cuda
present faiss-1.7.3-cuda/lib/libfaiss.a
present faiss-1.7.3-cuda/include/faiss/gpu/GpuIndexFlat.h
stub ninja <<< 'exit 1'
setup 0 --no-tests --cuda
prints "FAISS for GPUs: $work/deps/faiss-1.7.3-cuda"

begin "a library of one's own is not there"
rm "$work/torch/include/ATen/ATen.h"
setup 1 --no-tests
prints "LOOKBOOK_TORCH_DIR=$work/torch holds no lib/libtorch_cpu.so and include/ATen/ATen.h"

[ "$failures" = 0 ] && echo "setup: every failing step is reported"
