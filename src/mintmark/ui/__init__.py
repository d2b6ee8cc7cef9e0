"""The pages: NiceGUI in the application that serves the API, asking its routes as any client would."""

from mintmark.ui.mounting import mount

__all__ = ["mount"]
