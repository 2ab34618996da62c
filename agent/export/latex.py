"""Text as LaTeX that prints it; mathematics stays mathematics where it is whole and harmless."""

from __future__ import annotations

import re

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    # BibTeX counts every brace, one after a backslash too, so that \{ alone would swallow the rest of the file.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    **{char: f"\\{char}" for char in "&%$#_"},
}
_SPECIAL_CHAR = re.compile("[" + re.escape("".join(_SPECIAL)) + "]")
# As pandoc tells it from prices: no blank inside the marks, and no digit after them.
_MATH = re.compile(r"(?<!\\)\$(?=\S)([^$%#&]*[^$%#&\s\\])\$(?!\d)")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_HARMLESS = frozenset(
    """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho sigma tau
    upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar infty partial
    nabla forall exists in notin subset subseteq cup cap emptyset times cdot div pm mp ast star circ bullet dagger
    prime le leq ge geq ne neq ll gg approx sim simeq equiv cong propto to gets mapsto rightarrow leftarrow
    leftrightarrow Rightarrow Leftarrow uparrow downarrow langle rangle lfloor rfloor lceil rceil mid parallel perp
    wedge vee neg oplus otimes sum prod int sqrt frac tfrac binom log ln exp sin cos tan min max sup inf lim arg det
    dim gcd mod Pr hat widehat tilde widetilde bar overline underline vec dot ddot mathbb mathbf mathcal mathfrak
    mathit mathrm mathsf mathscr mathtt boldsymbol bm operatorname text textbf textit textrm textsc textsf texttt
    left right big Big quad dots ldots cdots vdots""".split()
)


def escaped(text: str) -> str:
    """`text` as LaTeX that prints `text`, with balanced braces."""
    return _SPECIAL_CHAR.sub(lambda found: _SPECIAL[found.group()], text)


def with_math(text: str) -> str:
    """`text` as LaTeX in which `$…$` stays mathematics, if its braces match and it uses common commands only."""
    parts, last = [], 0
    for found in _MATH.finditer(text):
        if _is_harmless(found[1]):
            parts += [escaped(text[last : found.start()]), found.group()]
            last = found.end()
    return "".join([*parts, escaped(text[last:])])


def _is_harmless(math: str) -> bool:
    """Whether this cannot reach beyond itself: a title must not be able to read files or redefine commands."""
    depth = 0
    for char in math:
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return False
    return depth == 0 and "^^" not in math and all(name in _HARMLESS for name in _COMMAND.findall(math))
