"""`python -m refsnn` is the command `refsnn`."""

import sys

from refsnn.cli import main

sys.exit(main())
