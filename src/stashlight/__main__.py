"""`python -m stashlight`: the command line where no script was installed."""

import sys

from stashlight.cli import main

sys.exit(main())
