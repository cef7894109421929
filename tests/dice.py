"""
Whether property tests draw at random or each time the same.

A commit that passed must pass again: in `make test` and `make test-system` every draw is the same.
The fuzz targets name how many they want in `UPSCALED_FUZZ_…`, and roll the dice.
"""

import os

ROLLS = any(name.startswith("UPSCALED_FUZZ_") for name in os.environ)
