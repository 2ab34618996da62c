"""A model as judge: of entailment, of the facts that an answer states, and of the criteria of a rubric."""

from evals.judge.judging import Judge, Sitting

__all__ = ["Judge", "Sitting"]
