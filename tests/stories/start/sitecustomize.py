"""A computing process of a house under test begins no work while ``<home>/hold.<type>`` is there.

An assessment takes a tenth of a second: whoever wants to meet it at work must hold it.
"""

import sys
import time
from pathlib import Path

if "mintmark.runtime.child" in sys.orig_argv:
    work = Path(sys.orig_argv[-1])
    kind = work.parent.name.removeprefix("op_").rsplit("_", 3)[0]
    while (work.parents[2] / f"hold.{kind}").exists():
        time.sleep(0.02)
