"""From a specification and bars to features, labels, models and decisions: pure."""
