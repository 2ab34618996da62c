"""Which of the files and folders that a user names plays which part in a set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agent.errors import EvalError
from evals.adapters.base import Dataset, Files, Wanted
from evals.adapters.files import opened


def choose(dataset: Dataset, paths: Sequence[Path]) -> Files:
    """The files of a set by their part; raises `EvalError` for a file that is missing, of another format, or unclear.

    A file that is named plays the part that its name and its content say; a folder gives the
    parts that no named file plays.
    """
    chosen: dict[str, list[Path]] = {wanted.role: [] for wanted in dataset.wanted}
    for path in paths:
        if not path.exists():
            raise EvalError(f"there is no file or folder {path}", "check the path")
        if not path.is_dir():
            opened(path).close()
            wanted = _part_of(dataset, path)
            if chosen[wanted.role] and not wanted.several:
                raise EvalError(
                    f"{chosen[wanted.role][0].name} and {path.name} are both {wanted.what} of {dataset.name}",
                    "name one of them",
                )
            chosen[wanted.role].append(path)
    folders = [path for path in paths if path.is_dir()]
    for wanted in dataset.wanted:
        if not chosen[wanted.role]:
            chosen[wanted.role] = _found(dataset, wanted, folders)
        if wanted.required and not chosen[wanted.role]:
            raise EvalError(f"{dataset.name} lacks {wanted.what}: {_called(wanted)}", _hint(dataset, folders))
    return {role: tuple(files) for role, files in chosen.items()}


def _part_of(dataset: Dataset, path: Path) -> Wanted:
    """The part that a named file plays."""
    fitting = [wanted for wanted in dataset.wanted if wanted.fits(path)]
    called = [wanted for wanted in fitting if any(path.match(pattern) for pattern in wanted.patterns)]
    if len(called or fitting) == 1:
        return (called or fitting)[0]
    if fitting:
        names = " or ".join(wanted.patterns[0] for wanted in fitting)
        raise EvalError(f"it cannot be told which file of {dataset.name} {path} is", f"call it {names}")
    raise EvalError(f"{path} is no file of {dataset.name}", _wants(dataset))


def _found(dataset: Dataset, wanted: Wanted, folders: Sequence[Path]) -> list[Path]:
    """The files of the folders that play one part."""
    named = {path for folder in folders for pattern in wanted.patterns for path in folder.rglob(pattern)}
    files = sorted(path for path in named if path.is_file() and path.suffix != ".parquet" and wanted.fits(path))
    if len(files) > 1 and not wanted.several:
        usual = [path for path in files if path.name == wanted.usual]
        if len(usual) != 1:
            listed = ", ".join(str(path) for path in files[:4]) + (", …" if len(files) > 4 else "")
            raise EvalError(f"several files may be {wanted.what} of {dataset.name}: {listed}", "name the one file")
        return usual
    return files


def _called(wanted: Wanted) -> str:
    return "there is no file such as " + " or ".join(wanted.patterns)


def _wants(dataset: Dataset) -> str:
    return f"{dataset.name} wants " + "; ".join(
        f"{wanted.patterns[0]} ({wanted.what}{'' if wanted.required else ', if you have it'})"
        for wanted in dataset.wanted
    )


def _hint(dataset: Dataset, folders: Sequence[Path]) -> str:
    if any(path for folder in folders for path in folder.rglob("*.parquet")):
        return "parquet files are not read: export them as JSON Lines"
    return _wants(dataset)
