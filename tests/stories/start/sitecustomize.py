"""Where a computing process of a house under test stands still, for a story to meet it at work.

It begins no work while ``<home>/hold.<type>`` is there: an assessment takes a tenth of a second. While
``<home>/hold.<type>.checkpoints`` is there it writes as many checkpoints as that file says, and no further one.
"""

import sys
import time
from pathlib import Path

if "mintmark.runtime.child" in sys.orig_argv:
    work = Path(sys.orig_argv[-1])
    kind = work.parent.name.removeprefix("op_").rsplit("_", 3)[0]
    most = work.parents[2] / f"hold.{kind}.checkpoints"
    written = 0

    def stand(event: str, arguments: tuple[object, ...]) -> None:
        """Wait before the renaming that would put one checkpoint too many in its place."""
        global written
        if event != "os.rename" or Path(str(arguments[1])).name != "checkpoint":
            return
        while most.exists() and written >= int(most.read_text()):
            time.sleep(0.02)
        written += 1

    sys.addaudithook(stand)
    while (work.parents[2] / f"hold.{kind}").exists():
        time.sleep(0.02)
