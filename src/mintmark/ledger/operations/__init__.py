"""What the ledger does to the world: post, read, verify, rebuild, reconcile, import and export."""
