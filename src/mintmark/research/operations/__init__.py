"""The edge of research: what its operations do, and what the doors ask."""
