"""The runs of `citeloom eval run` as the screens show them; evals/ writes the same files."""

from agent.evalruns.reading import SCHEMA, EvalRuns, read
from agent.evalruns.results import Fact, Mean, Result, Run, ordered

__all__ = ["SCHEMA", "EvalRuns", "Fact", "Mean", "Result", "Run", "ordered", "read"]
