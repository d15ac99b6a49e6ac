"""unittest.main() for scripts that CTest runs with SKIP_RETURN_CODE 77: a run that left a test out is told as skipped, never
as passed."""
import sys
import unittest

SKIPPED = 77


def main(**options):
    """As unittest.main(). Ends with 1 where a test failed; else with 77 where one was skipped; else with 0."""
    result = unittest.main(exit=False, **options).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if result.skipped else 0)
