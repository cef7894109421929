"""Start here: `upscaled` and `python -m upscaled`."""

import sys

from upscaled.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
