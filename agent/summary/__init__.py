"""Summaries of a topic: gathered papers, their themes, and what each says, every claim tied to a sentence."""
