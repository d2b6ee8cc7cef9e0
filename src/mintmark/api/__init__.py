"""The HTTP door."""

from mintmark.api.application import create_api

__all__ = ["create_api"]
