"""Language models: spend and its limits."""
