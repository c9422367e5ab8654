"""``python -m pyhost``: the command line."""

import sys

from pyhost.cli import main

if __name__ == "__main__":
    sys.exit(main())
