"""A setting that no job reads is found: it would stand in the provenance and change no number."""

import ast
from dataclasses import dataclass, fields, is_dataclass

import pytest

from studies import runner

STUDIES = [study for study in runner.listing() if is_dataclass(study.settings)]


def names(settings):
    """The fields of a study's settings, and of the dataclasses that these hold."""
    found, held = {field.name for field in fields(settings)}, list(vars(settings).values())
    for value in held:
        if is_dataclass(value):
            found |= names(value)
        elif isinstance(value, dict):
            held += value.values()
        elif isinstance(value, tuple):
            held += value
    return found


def read(files):
    """The attributes that source files read."""
    found = set()
    for file in files:
        with open(file, encoding="utf-8") as source:
            nodes = ast.walk(ast.parse(source.read()))
        found |= {
            node.attr
            for node in nodes
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
        }
    return found


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_every_setting_is_read(study):
    assert names(study.settings) - read(runner._files(study)) == set()


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_a_setting_that_nothing_reads_is_seen(study):
    @dataclass(frozen=True)
    class Planted(type(study.settings)):
        percentile_of_images: float = 99.9

    planted = Planted(**vars(study.settings))
    assert names(planted) - read(runner._files(study)) == {"percentile_of_images"}


def test_settings_inside_settings_are_seen():
    @dataclass(frozen=True)
    class Arm:
        dead: int = 0

    @dataclass(frozen=True)
    class Settings:
        arms: dict
        pair: tuple

    assert names(Settings({"one": Arm()}, ())) == {"arms", "pair", "dead"}
    assert names(Settings({}, ((Arm(),),))) == {"arms", "pair", "dead"}
