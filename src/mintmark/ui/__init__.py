"""The pages: NiceGUI in the application that serves the API, asking its routes as any client would."""

from mintmark.ui.entry import Entry, KeyEntry, LocalEntry
from mintmark.ui.mounting import mount

__all__ = ["Entry", "KeyEntry", "LocalEntry", "mount"]
