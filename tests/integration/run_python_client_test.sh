#!/usr/bin/env bash
# Runs python_client_test.py with the Python that scripts/setup brings for tests; 77 = skipped, there is none.
set -euo pipefail
python="$1"
shift
if ! "$python" -c 'import grpc, grpc_reflection' 2> /dev/null; then
  echo "skipped: $python with grpcio and grpcio-reflection is not there; scripts/setup brings it"
  exit 77
fi
exec "$python" "$(dirname "$0")/python_client_test.py" "$@"
