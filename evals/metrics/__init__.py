"""Scores of answers against gold; pure functions."""
