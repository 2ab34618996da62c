"""What a reference format may say of a paper: the facts of its record, cleaned, and no others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from agent.export import names
from agent.export.names import Name
from store.paper import Paper
from store.text import clean

Kind = Literal["journal", "proceedings", "preprint", "other"]
"""What the venue says the paper is; `other` where it does not say."""

_WEB = ("https://", "http://")
"""Readers make links of addresses; one of any other scheme could run something."""
_ARCHIVE = re.compile(r"arxiv|\bcorr\b|biorxiv|medrxiv|preprint", re.IGNORECASE)
_JOURNAL = re.compile(
    r"\b(?:journals?|transactions|trans\.|letters|annals|reviews?|magazine|bulletin|quarterly|archives|"
    r"j\.|acta|nature|science|cell|lancet|jama|bmj|plos|pnas|jmlr|tmlr|tacl|jair|frontiers in|"
    r"proceedings of the (?:national academy|ieee|royal society|vldb endowment))(?!\w)",
    re.IGNORECASE,
)
_PROCEEDINGS = re.compile(
    r"\b(?:proceedings|proc\.|conference|conf\.|workshops?|symposium|advances in neural|neurips|nips|icml|iclr|"
    r"e?acl|naacl|emnlp|coling|aaai|ijcai|aistats|colt|uai|cvpr|[ei]ccv|kdd|sigir|icse|popl|pldi|stoc|focs|findings)"
    r"(?!\w)",
    re.IGNORECASE,
)
_MEETING_IN_TITLE = re.compile(r"\b(?:conference|workshop|symposium)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """The facts of a reference; what is unknown is empty."""

    key: str
    kind: Kind
    title: str
    authors: tuple[Name, ...]
    complete: bool
    """False where the source names the first authors only."""
    date: tuple[int, ...]
    """Year, month and day, as far as they are known; empty without a year."""
    venue: str
    doi: str
    arxiv: str
    pmid: str
    url: str
    keywords: tuple[str, ...]
    abstract: str


def of(paper: Paper) -> Entry:
    """The facts of `paper` that reference formats have fields for."""
    venue, arxiv = clean(paper.venue or ""), clean(paper.identifiers.get("arxiv", ""))
    return Entry(
        key=paper.key,
        kind=_kind(venue, arxiv),
        title=clean(paper.title or ""),
        authors=tuple(names.parse(name) for author in paper.authors if (name := clean(author))),
        complete=paper.authors_complete,
        date=() if paper.year is None else tuple(int(part) for part in (paper.date or "").split("-")),
        venue=venue,
        doi=clean(paper.identifiers.get("doi", "")),
        arxiv=arxiv,
        pmid=clean(paper.identifiers.get("pmid", "")),
        url=url if (url := clean(paper.url or "")).lower().startswith(_WEB) else "",
        keywords=tuple(word for category in paper.categories if (word := clean(category))),
        abstract=clean(paper.abstract),
    )


def _kind(venue: str, arxiv: str) -> Kind:
    if not venue or _ARCHIVE.search(venue):
        return "preprint" if venue or arxiv else "other"
    if _JOURNAL.search(venue) and not _MEETING_IN_TITLE.search(venue):
        return "journal"
    return "proceedings" if _PROCEEDINGS.search(venue) else "other"
