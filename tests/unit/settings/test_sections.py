"""What the file may say is declared once, and everything that tells of it comes from there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokometer.settings import Settings, read_settings
from tokometer.settings.file import SECTION_NAMES
from tokometer.settings.keys import fields_of
from tokometer.settings.section import Section
from tokometer.settings.sections import SECTIONS, example


def read(folder: Path, text: str) -> Settings:
    """The settings that a file with this text says."""
    (folder / "tokometer.toml").write_text(text, encoding="utf-8")
    return read_settings(folder / "tokometer.toml")


def test_every_section_is_described() -> None:
    """What the reader takes is what people are told of."""
    assert {section.name.partition(".")[0] for section in SECTIONS} == set(SECTION_NAMES)


def test_the_example_is_a_whole_file(tmp_path: Path) -> None:
    """It is taken, and says something in every section."""
    settings = read(tmp_path, example())
    assert {key.partition(".")[0].partition("[")[0] for key in settings.given} == set(SECTION_NAMES)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_each_example_can_be_taken_alone(tmp_path: Path, section: Section) -> None:
    """A snippet works without the rest of the file."""
    assert read(tmp_path, section.example) != Settings()


@pytest.mark.parametrize("section", [one for one in SECTIONS if one.kind], ids=lambda section: section.name)
def test_what_is_shown_to_copy_says_what_is(tmp_path: Path, section: Section) -> None:
    """Copied into a file of its own it settles the same."""
    settings = read(tmp_path, example())
    assert section.values(read(tmp_path, section.toml(settings))) == section.values(settings)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_every_key_is_described(section: Section) -> None:
    """With what it takes, a meaning and a default; a default is one that it takes."""
    assert section.keys
    for key in section.keys:
        assert key.takes
        assert key.meaning
        assert key.default
    if section.kind is not None:
        for field in fields_of(section.kind).values():
            if isinstance(field.default, int | float):
                assert field.key.takes(field.default), field.name
