"""`python -m stashlight.simulation samples`: write the sample anew, byte for byte the same."""

import sys
from pathlib import Path

from stashlight.simulation.samples import write_samples

for _path in write_samples(Path(sys.argv[1] if len(sys.argv) > 1 else "samples")):
    print(f"{_path.stat().st_size:>8,} bytes  {_path}")
