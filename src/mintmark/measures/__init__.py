"""The only home of a formula: pure, numpy and scipy."""
