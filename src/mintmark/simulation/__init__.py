"""The one fill and cost model, the engine and the paths: pure, numba kernels."""
