"""Market data in: series, quality, packs."""
