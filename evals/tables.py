"""Runs the whole development set through the agent and the baselines, and writes the tables of evals/README.md.

usage: python -m evals.tables [--write] [--keep FOLDER]

Every run is the command `citeloom eval run` in a home of its own. The model is the scripted
one of evals/scripted.py: its rows show what checking and mending add to the same writer.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import seeds
from evals import gold
from evals.report import markdown
from evals.runfolder import RunFolder
from evals.scripted import endpoint, hasty
from evals.summary import Summary, summarize

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- tables -->", "<!-- /tables -->"
RUNS = {
    "quote": ("--mode", "quote"),
    "bm25": ("--baseline", "bm25"),
    "dense": ("--baseline", "dense"),
    "fused": ("--baseline", "fused"),
    "model": ("--mode", "model", "--model", "scripted"),
    "once": ("--baseline", "once", "--model", "scripted"),
}
"""Each run, by the name of its system, with its options."""
NAMES = {
    "quote": "Citeloom, quoting",
    "bm25": "first 3 by BM25",
    "dense": "first 3 by meaning",
    "fused": "first 3, fused",
    "model": "Citeloom, scripted model",
    "once": "scripted model, asked once",
}
_ENTRY = "import sys; from agent.cli.app import main; main(sys.argv[1:])"


def main() -> None:
    """Runs everything, prints the tables, and writes them if asked to."""
    parser = argparse.ArgumentParser(prog="python -m evals.tables", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write them into evals/README.md")
    parser.add_argument("--keep", type=Path, help="keep library and runs in this folder, and go on with them")
    options = parser.parse_args()
    with ExitStack() as stack:
        home = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address = stack.enter_context(endpoint(hasty))
        summaries = measured(home.resolve(), address, gold.FOLDER / "seeds.jsonl")
    text = section(summaries)
    print(text)
    if options.write:
        README.write_text(replaced(README.read_text(encoding="utf-8"), text), encoding="utf-8")


def measured(home: Path, address: str, questions: Path) -> list[Summary]:
    """The summaries of all runs on the seeds, made in `home` with the model at `address`."""
    _citeloom(home, address, "add", str(seeds.FOLDER))
    summaries = []
    for name, options in RUNS.items():
        _citeloom(home, address, "eval", "run", str(questions), *options, "--run", name, "--json")
        summaries.append(summarize(RunFolder(name, home / "data" / "evals").load()))
    return summaries


def section(summaries: list[Summary]) -> str:
    """The tables, with when they were made, from which commit, and by what."""
    day = datetime.now(UTC).date().isoformat()
    commands = "\n".join(f"citeloom eval run evals/gold/seeds.jsonl {' '.join(options)}" for options in RUNS.values())
    told = "`make eval` runs these, the last two with the scripted model that it serves, and writes what follows"
    head = f"{day}, on commit {_commit()}; {told}:\n\n```\n{commands}\n```"
    return f"{head}\n\n{markdown.render_table(summaries, [NAMES[name] for name in RUNS])}"


def replaced(text: str, made: str) -> str:
    """`text` with `made` between its markers."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{README} lacks {BEGIN} or {END}")
    return f"{before}{begin}\n\n{made.strip()}\n\n{end}{after}"


def _citeloom(home: Path, address: str, *words: str) -> None:
    """Runs a command; ends with its code if it fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CITELOOM_", "OPENAI_"))}
    env = {**kept, "CITELOOM_HOME": str(home), "CITELOOM_BASE_URL": address}
    done = subprocess.run([sys.executable, "-c", _ENTRY, *words], env=env, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def _commit() -> str:
    """The commit that is checked out, and whether anything differs from it."""
    words = ("git", "-C", str(README.parent), "describe", "--always", "--dirty", "--abbrev=7")
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


if __name__ == "__main__":
    main()
