"""Mintmark: an agent-run trading house whose every number opens to its data, code and ledger entry."""

__version__ = "0.1.0"
