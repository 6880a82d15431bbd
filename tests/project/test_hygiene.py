"""What is committed speaks of the project alone: no place on somebody's machine, no registry, no secret."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_OURS = {"dist", "build", "__pycache__", "node_modules", "site-packages"}


def committed() -> Iterator[Path]:
    """All files that git knows or would take; without git, all that are not hidden."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        listed = subprocess.run(  # noqa: S603  # Nothing of it comes from outside.
            [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        )
        yield from (ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())
        return
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if path.is_file() and not any(part.startswith(".") or part in NOT_OURS for part in parts):
            yield path


FILES = {path: path.read_text(encoding="utf-8", errors="replace") for path in committed()}

# Each is put together, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a place on a machine": r"(?<![\w.:/])/(?:home|Users|root|work|tmp/\w+)/\w",
    "a folder beside the repository": r"\.\./" + "shared|" + r"(?<![\w/])/" + "shared/",
    "a number of an internal issue": r"\b[Ii]ssues? " + r"(?:show |#)\d",
    "a registry": r"(?i)\b(?:index|extra-index)-url\b|" + "artifact" + r"ory|\bnexus\.",
    "a private key": "-----BEGIN " + r"[A-Z ]*PRIVATE KEY",
    "a key of a cloud": r"\b(?:AK" + r"IA|AS" + r"IA)[0-9A-Z]{16}\b",
    "a token": r"\b(?:gh[pousr]|glpat|xox[bp])[_-][0-9A-Za-z-]{20,}",
    "a live key": r"\bpk_(?:live|prod)\w*",
    "a mark of a merge": r"(?m)^(?:<{7}|>{7}) ",
}


def test_there_are_files() -> None:
    """Or all of this would say nothing."""
    assert len(FILES) > 100
    assert ROOT / "pyproject.toml" in FILES


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    """Whoever reads the project reads of nothing else."""
    found = [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
        for path, text in FILES.items()
        for match in re.finditer(FORBIDDEN[what], text)
    ]

    assert found == []


def test_phone_numbers_are_invented() -> None:
    """A Saudi mobile number belongs to somebody, unless it is one of the obvious ones."""
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path, text in FILES.items()
        for match in re.finditer(r"(?<![0-9a-f-])\+?9665\d{8}(?!\d)", text)
        if not re.search(r"9665000\d{5}|966512345678|966555555555", match.group())
    ]

    assert found == []


def test_no_file_is_large() -> None:
    """Nothing that was put here by accident."""
    assert [str(path) for path, text in FILES.items() if len(text) > 400_000] == []


def test_generated_files_are_marked_as_such() -> None:
    """Who opens one learns that it is not to be edited."""
    traits = [FILES[path] for path in (ROOT / "generated").glob("*_traits.py")]

    assert len(traits) == 2
    assert all("not this file" in text for text in traits)
