"""Each term of the glossary is linked in the first chapter that uses it."""

import re
from pathlib import Path

import pytest
import yaml

BOOK = Path(__file__).parents[1] / "book"
GLOSSARY = (BOOK / "glossary.md").read_text("utf-8")
TERMS = re.findall(r"^(\w.*)$", GLOSSARY.partition(":::{glossary}")[2], re.MULTILINE)
#: Other words for a term, beside its plural.
FORMS = {
    "baseline": ["number to beat"],
    "confidence interval": ["95 % interval"],
    "convolutional network": ["CNN"],
    "divergence": ["diverges"],
    "edit distance": ["edits"],
    "rejection": ["rejects"],
    "stratified split": ["*stratified* split"],
    "test set": ["test images"],
    "training set": ["training images"],
    "validation set": ["validation images"],
    "Viterbi algorithm": ["Viterbi"],
}
#: What is no running text, in this order: the parts of a chapter with their own frames, directives,
#: formulas, code, links and other roles. What you will learn names terms before they are explained.
NO_PROSE = [
    r"\A---\n.*?\n---\n",
    r"^## (?:Exercises|Questions|Common mistakes).*\Z",
    r"^(:{3,})\{(?:admonition|predict|question|try).*?^\1$",
    r"^(`{3,}).*?^\1$",
    r"\$\$.*?\$\$",
    r"\$[^$\n]+\$",
    r"^(?:#|:|\||\().*?$",
    r"(?:\{[a-z:]+\})?`[^`]*`",
    r"\[[^\]]*\]\([^)]*\)",
]


def chapters() -> list[str]:
    """Names of the course's chapters, in order."""
    parts = yaml.safe_load((BOOK.parent / "_toc.yml").read_text("utf-8"))["parts"]
    files = [Path(chapter["file"]).name for part in parts for chapter in part["chapters"]]
    return [name for name in files if re.match(r"\d\d-", name)]


def prose(text: str) -> str:
    """A chapter's running text."""
    for pattern in NO_PROSE:
        text = re.sub(pattern, "", text, flags=re.DOTALL | re.MULTILINE)
    return text


def forms(term: str) -> list[str]:
    """A term, its plural, and other words for it."""
    plural = (
        term[:-1] + "ies"
        if re.search(r"[^aeiou]y$", term)
        else re.sub(r"(?<=s|h)$", "e", term) + "s"
    )
    return [term, plural, *FORMS.get(term, [])]


def uses(text: str, term: str) -> bool:
    """Tell whether running text has the term, and not only as a part of a longer one."""
    longer = [other for other in TERMS if other != term and term.lower() in other.lower()]
    for other in longer:
        for form in forms(other):
            text = re.sub(re.escape(form), "", text, flags=re.IGNORECASE)
    words = "|".join(re.escape(form).replace(r"\ ", r"\s+") for form in forms(term))
    return re.search(rf"(?<![\w*-])(?:{words})(?![\w-])", text, re.IGNORECASE) is not None


def links(text: str, term: str) -> bool:
    """Tell whether a chapter links the term, under this or another word."""
    escaped = re.escape(term)
    return (
        re.search(rf"\{{term\}}`(?:{escaped}|[^`]*<{escaped}>)`", text, re.IGNORECASE) is not None
    )


TEXTS = {name: (BOOK / f"{name}.md").read_text("utf-8") for name in chapters()}
PROSE = {name: prose(text) for name, text in TEXTS.items()}


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_linked_where_it_is_first_used(term: str) -> None:
    linked = next((name for name, text in TEXTS.items() if links(text, term)), None)
    used = next((name for name, text in PROSE.items() if uses(text, term)), None)
    if used is None:
        # In a caption, a table or a question only: then it need not be linked, but be somewhere.
        whole = " ".join(
            path.read_text("utf-8") for path in BOOK.glob("*.md") if path.stem != "glossary"
        )
        assert linked or any(form.lower() in whole.lower() for form in forms(term))
        return
    assert linked is not None, f"{used} uses it, no chapter links it"
    assert linked <= used, f"{used} uses it, {linked} is the first to link it"


def test_terms_are_in_order() -> None:
    """As a reader looks them up."""
    assert sorted(TERMS, key=str.lower) == TERMS
    assert len(TERMS) == len(set(TERMS)) > 80
