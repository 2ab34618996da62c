"""What can go wrong with a library, one class per thing a caller does differently.

LibraryError            the library cannot do this; message and hint are for the user
├── InputError          a file or a record that cannot be read
├── ScopeError          a scope or question that cannot be understood
│   └── EmptyScope          a scope in which there is no paper
├── LibraryBusy         another process is writing
├── NotWritable         the library's folder cannot be written
├── EmbedderMismatch    the library was made with another embedder
├── EmbeddingFailed     the embedding endpoint did not answer
│   └── EmbeddingTimeout    … in time
└── ServerUnreachable   the Chroma server did not answer
"""

from __future__ import annotations


class LibraryError(Exception):
    """The library cannot do what was asked; `hint` says what the user can do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(LibraryError):
    """A file that is missing, unreadable, or of no kind that Citeloom reads."""


class ScopeError(LibraryError):
    """A scope or a question that cannot be understood."""


class EmptyScope(ScopeError):
    """A scope in which there is no paper."""


class LibraryBusy(LibraryError):
    """Another process holds the writer's lock."""


class NotWritable(LibraryError):
    """The library's folder cannot be written."""


class EmbedderMismatch(LibraryError):
    """The library was made with another embedder than the one configured."""


class EmbeddingFailed(LibraryError):
    """The embedding endpoint refused, failed, or answered nonsense."""


class EmbeddingTimeout(EmbeddingFailed):
    """The embedding endpoint did not answer in time."""


class ServerUnreachable(LibraryError):
    """The Chroma server that the settings name does not answer."""
