"""Prompt files for model mode."""
