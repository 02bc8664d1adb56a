"""How messages quote what a person wrote, and what they suggest instead."""

from collections.abc import Iterable
from difflib import get_close_matches


def shown(value: object) -> str:
    """Return a value as a message quotes it: short, and as YAML writes it.

    >>> shown(None), shown(True), shown("a b"), shown({"a": 1})
    ('nothing', 'true', "'a b'", 'a mapping')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}...'"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, or None.

    >>> nearest("taget", ["target", "window"]), nearest("x", ["target", "window"])
    ('target', None)
    """
    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[near[0]] if near else None


def hint(word: str, known: Iterable[str]) -> str:
    """Return the remedy for an unknown word: the one that was meant, else all there are.

    >>> hint("taget", ["target", "window"]), hint("x", ["target", "window"])
    ('did you mean target?', 'known: target, window')
    """
    words = list(known)
    near = nearest(word, words)
    if near:
        return f"did you mean {near}?"
    return f"known: {', '.join(words)}" if words else "none is known"
