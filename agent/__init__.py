"""Question in, answer out: every claim tied to the exact sentence that supports it."""
