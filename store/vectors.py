"""The vector index, in Chroma: embedded in the library's folder, or a server over HTTP.

It holds nothing but ids and vectors, and can be thrown away: the catalogue has every
vector too, so that rebuilding costs no embedding. An id is `PAPER.PART`, both numbers of
the catalogue.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import urlsplit

from store.embedding import Matrix, Vector
from store.errors import LibraryError, ServerUnreachable

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateCollectionConfiguration
    from chromadb.api.models.Collection import Collection

FOLDER_NAME = "vectors"
_SERVER_HINT = "start it with `chroma run`, or take vectors.server out of the settings"
_BATCH = 1000
_OPENED = itertools.count(1)
_PROBE = 1000
"""Chroma keeps fewer vectors than this in its log; asked for as many, an index that lost its segment shows it."""


class VectorsDamaged(Exception):
    """The index cannot be read or does not hold what it should; rebuild it from the catalogue."""


class VectorsReadOnly(VectorsDamaged):
    """Chroma cannot open the index, since it cannot write beside it; the catalogue's vectors serve instead."""


class PartId(NamedTuple):
    """What a vector belongs to: a paper's row id, and which of its texts (0: title and abstract)."""

    paper: int
    part: int

    def __str__(self) -> str:
        return f"{self.paper}.{self.part}"

    @classmethod
    def parse(cls, text: str) -> PartId:
        """The id that `str` wrote."""
        paper, part = text.split(".")
        return cls(int(paper), int(part))


class Vectors:
    """The vectors of one library. Only one process may write; `reopen` shows what another one wrote."""

    def __init__(self, folder: Path, *, library_id: str, server: str | None = None) -> None:
        self.path = folder / FOLDER_NAME
        self._collection_name = f"papers-{library_id}"
        self._server = server
        self._client: Client | None = None
        self._open: Collection | None = None
        self._is_probed = False

    def upsert(self, ids: Sequence[PartId], vectors: Matrix) -> None:
        """Adds vectors, or replaces those with the same id. `vectors` has shape (len(ids), dimensions)."""
        from chromadb.errors import ChromaError
        from httpx import HTTPError

        try:
            for start in range(0, len(ids), _BATCH):
                chunk = slice(start, start + _BATCH)
                self._own_collection.upsert(ids=[str(part) for part in ids[chunk]], embeddings=vectors[chunk])
        except (ChromaError, HTTPError) as error:
            raise _explained(error, self._server) from error

    def delete(self, ids: Sequence[PartId]) -> None:
        """Removes vectors; ids that are not there do no harm."""
        from chromadb.errors import ChromaError
        from httpx import HTTPError

        try:
            for start in range(0, len(ids), _BATCH):
                self._own_collection.delete(ids=[str(part) for part in ids[start : start + _BATCH]])
        except (ChromaError, HTTPError) as error:
            raise _explained(error, self._server) from error

    def nearest(self, vector: Vector, count: int, *, held: int) -> list[tuple[PartId, float]]:
        """The `count` nearest parts and their cosine similarities, nearest first.

        `held` is how many vectors the catalogue says are here. An index that lost its segment
        answers with fewer and no error, so the first question after opening asks for many.
        """
        from chromadb.errors import ChromaError
        from httpx import HTTPError

        wanted = min(count if self._is_probed else max(count, _PROBE), held)
        if wanted == 0:
            return []
        try:
            answer = self._collection.query(query_embeddings=[vector.tolist()], n_results=wanted, include=["distances"])
        except (ChromaError, HTTPError) as error:
            raise _explained(error, self._server) from error
        ids, distances = answer["ids"][0], (answer["distances"] or [[]])[0]
        if len(ids) < wanted:
            raise VectorsDamaged(f"{len(ids)} of {wanted} vectors were found")
        self._is_probed = True
        found = [(PartId.parse(text), 1.0 - float(far)) for text, far in zip(ids, distances, strict=True)]
        return found[:count]

    def ids(self) -> set[PartId]:
        """Every id in the index."""
        from chromadb.errors import ChromaError
        from httpx import HTTPError

        try:
            return {PartId.parse(text) for text in self._collection.get(include=[])["ids"]}
        except (ChromaError, HTTPError) as error:
            raise _explained(error, self._server) from error

    def count(self) -> int:
        """How many vectors the index holds."""
        from chromadb.errors import ChromaError
        from httpx import HTTPError

        try:
            return self._collection.count()
        except (ChromaError, HTTPError) as error:
            raise _explained(error, self._server) from error

    def reset(self) -> None:
        """Throws the index away and begins an empty one."""
        import shutil

        if self._server:
            from chromadb.errors import NotFoundError

            with contextlib.suppress(NotFoundError):
                self._connected().delete_collection(self._collection_name)
            self._open = None
            return
        self.close()
        try:
            if self.path.is_dir():
                shutil.rmtree(self.path)
            else:
                self.path.unlink(missing_ok=True)
        except OSError as error:
            hint = f"remove {self.path} yourself, and run the command again"
            raise LibraryError(f"the damaged index cannot be removed: {error.strerror}", hint) from error

    def reopen(self) -> None:
        """Drops what this process knows of the index; the next use reads it from disk."""
        self.close()

    def close(self) -> None:
        """Lets go of the index's files."""
        if self._client is not None:
            self._client.close()
        self._client = self._open = None
        self._is_probed = False

    @property
    def _collection(self) -> Collection:
        """The collection, which only a writer may create: two that do so at once lose vectors."""
        from chromadb.errors import NotFoundError

        if self._open is None:
            if not self._server and not self.path.is_dir():
                raise VectorsDamaged("it is not there")
            try:
                self._open = self._connected().get_collection(self._collection_name, embedding_function=None)
            except NotFoundError as error:
                raise VectorsDamaged("it is empty") from error
        return self._open

    @property
    def _own_collection(self) -> Collection:
        """The collection for the writer, made if it is not there."""
        if self._open is None:
            self._open = self._connected().get_or_create_collection(
                self._collection_name, configuration=_configuration(), embedding_function=None
            )
        return self._open

    def _connected(self) -> Client:
        if self._client is None:
            os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
            logging.getLogger("chromadb").setLevel(logging.ERROR)
            import chromadb
            from chromadb.config import Settings
            from chromadb.errors import ChromaError

            settings = Settings(anonymized_telemetry=False)
            try:
                if self._server:
                    address = urlsplit(self._server)
                    client = chromadb.HttpClient(
                        host=address.hostname or "localhost",
                        port=address.port or (443 if address.scheme == "https" else 8000),
                        ssl=address.scheme == "https",
                        settings=settings,
                    )
                else:
                    client = chromadb.PersistentClient(_spelled_anew(self.path), settings=settings)
            except (ChromaError, AttributeError) as error:
                raise _explained(error, self._server) from error
            except ValueError as error:  # how Chroma says that the server cannot be reached, or the index is half made
                if not self._server:
                    raise VectorsDamaged(str(error)) from error
                raise ServerUnreachable(
                    f"the Chroma server at {urlsplit(self._server).hostname} does not answer: {error}",
                    _SERVER_HINT,
                ) from error
            self._client = cast("Client", client)  # both makers promise less than they give
        return self._client


def _spelled_anew(path: Path) -> str:
    """`path`, written as it never was before in this process.

    Chroma keeps one system for all clients of a path as it is written, without a lock: two
    threads that open it at once get a half-made one, one that failed is handed out again, and
    one that is open elsewhere does not see what another process wrote.
    """
    return str(path) + "".join("/." if bit == "1" else "//" for bit in f"{next(_OPENED):b}")


def _configuration() -> CreateCollectionConfiguration:
    """Cosine; an ef_search that finds 0.998 of the true ten nearest among 100,000."""
    return {"hnsw": {"space": "cosine", "ef_search": 400, "ef_construction": 200, "max_neighbors": 16}}


def _explained(error: Exception, server: str | None) -> Exception:
    """A full disk for what it is; anything else means that the index must be rebuilt."""
    said = str(error)
    if server:
        return ServerUnreachable(f"the Chroma server failed: {type(error).__name__}", _SERVER_HINT)
    if "disk is full" in said or "No space left" in said:
        return LibraryError(
            "the disk is full", "free some space and run the command again; what was added before is kept"
        )
    if "readonly" in said or "unable to open database" in said:
        return VectorsReadOnly("it is read-only")
    return VectorsDamaged(said)
