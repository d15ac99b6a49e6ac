#!/usr/bin/env bash
# with_test_python.sh PYTHON MODULES SCRIPT [ARGUMENT...]: runs a test's script with the Python that scripts/setup brings
# for tests; 77 = skipped, it is not there. MODULES are what the script imports, by commas.
set -euo pipefail
python="$1" modules="$2"
shift 2
if ! "$python" -c "import $modules" 2> /dev/null; then
  echo "skipped: $python with $modules is not there; scripts/setup brings it"
  exit 77
fi
exec "$python" "$@"
