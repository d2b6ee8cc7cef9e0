"""The edges of the portfolio room: running capabilities, patterns and requests."""
