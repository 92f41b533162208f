"""A setting that no job reads is found: it would stand in the provenance and change no number."""

import ast
from dataclasses import dataclass, fields, is_dataclass

import pytest

from studies import runner

STUDIES = runner.listing()


def unread(settings, files):
    """The fields of a study's settings, and of the dataclasses that these hold, that no source file
    reads by name.
    """
    by_name, whole = read(files)
    return {name for name, holder in names(settings) if name not in by_name and holder not in whole}


def names(settings, holder=None):
    """(field, the field that holds its dataclass) of settings and of the dataclasses inside."""
    yield from ((field.name, holder) for field in fields(settings))
    for name, value in vars(settings).items():
        held = [value]
        for each in held:
            if is_dataclass(each):
                yield from names(each, name)
            elif isinstance(each, dict):
                held += each.values()
            elif isinstance(each, tuple):
                held += each


def read(files):
    """The attributes that source files read, and those that they hand on whole, as
    `LIF(**vars(settings.neuron))` does.
    """
    by_name, whole = set(), set()
    for file in files:
        with open(file, encoding="utf-8") as source:
            nodes = list(ast.walk(ast.parse(source.read())))
        for node in nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                by_name.add(node.attr)
            if isinstance(node, ast.Call):
                handed = [each.value for each in node.keywords if each.arg is None]
                calls = [each for each in handed if isinstance(each, ast.Call)]
                whole |= {
                    argument.attr
                    for call in calls
                    if getattr(call.func, "id", "") in ("vars", "asdict")
                    for argument in call.args
                    if isinstance(argument, ast.Attribute)
                }
    return by_name, whole


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_every_setting_is_read(study):
    assert unread(study.settings, runner._files(study)) == set()


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_a_setting_that_nothing_reads_is_seen(study):
    @dataclass(frozen=True)
    class Planted(type(study.settings)):
        percentile_of_images: float = 99.9

    planted = Planted(**vars(study.settings))
    assert unread(planted, runner._files(study)) == {"percentile_of_images"}


def test_settings_inside_settings_are_seen_unless_they_are_handed_on_whole(tmp_path):
    @dataclass(frozen=True)
    class Arm:
        dead: int = 0

    @dataclass(frozen=True)
    class Settings:
        arms: dict
        neuron: Arm

    job = tmp_path / "jobs.py"
    job.write_text("def run(settings):\n    return settings.arms, settings.neuron\n")
    for settings in (Settings({"one": (Arm(),)}, 0), Settings({}, Arm())):
        assert unread(settings, [job]) == {"dead"}
    job.write_text("def run(settings):\n    return settings.arms, f(**vars(settings.neuron))\n")
    assert unread(Settings({}, Arm()), [job]) == set()
