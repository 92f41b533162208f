"""`make dist` notices a file that is missing from what it built, or that does not belong there."""

from tools import distribution

MODULES = [
    path.relative_to(distribution.ROOT).as_posix()
    for path in (distribution.ROOT / "refsnn").rglob("*.py")
]
SOUND = [*MODULES, *distribution.NEEDED, "refsnn-1.0.dist-info/METADATA"]


def test_what_a_wheel_needs_is_there():
    assert all((distribution.ROOT / name).exists() for name in distribution.NEEDED)
    assert all((distribution.ROOT / name).exists() for name in distribution.SOURCES)


def test_a_wheel_without_a_file_or_with_the_laboratory_is_seen():
    assert distribution.wheel_problems(SOUND) == []
    for missing in ("refsnn/py.typed", "refsnn/nn/layer.py", "refsnn/datasets/digits.npz"):
        names = [name for name in SOUND if name != missing]
        assert distribution.wheel_problems(names) == [f"the wheel lacks {missing}"]
    for stranger in ("studies", "figures", "tests"):
        (problem,) = distribution.wheel_problems([*SOUND, f"{stranger}/__init__.py"])
        assert problem == f"the wheel holds {stranger}, which is not the library"


def test_a_source_distribution_without_its_tests_is_seen():
    sound = [f"refsnn-1.0/{name}" for name in distribution.SOURCES]
    assert distribution.source_problems(sound) == []
    without = [name for name in sound if "tests" not in name]
    (problem,) = distribution.source_problems(without)
    assert problem == "the source distribution lacks tests/conftest.py"
