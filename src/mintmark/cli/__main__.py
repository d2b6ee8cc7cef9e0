"""``python -m mintmark.cli`` is ``mintmark``."""

from mintmark.cli import main

main()
