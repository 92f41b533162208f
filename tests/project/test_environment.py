"""pyproject.toml, environment.yml, Makefile and CITATION.cff say the same thing."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import refsnn

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pyproject_requirements(project):
    """What pyproject asks for, with every extra but parity (conda users install torch as its makers
    say).
    """
    lists = [
        project["dependencies"],
        *(v for k, v in project["optional-dependencies"].items() if k != "parity"),
    ]
    requirements = {
        r.replace(" ", "") for each in lists for r in each if not r.startswith("refsnn[")
    }
    return requirements | {f"python{project['requires-python']}"}


def conda_requirements(text):
    """What environment.yml asks for, from conda-forge and through pip."""
    listed = yaml.safe_load(text)["dependencies"]
    through_pip = next(each["pip"] for each in listed if isinstance(each, dict))
    requirements = [each for each in listed if isinstance(each, str) and each != "pip"]
    requirements += [each for each in through_pip if each != "--editable ."]
    assert len(requirements) == len(set(requirements)), "environment.yml lists something twice"
    return {r.replace(" ", "") for r in requirements}


def test_the_conda_environment_has_the_names_and_bounds_of_pyproject():
    assert conda_requirements((ROOT / "environment.yml").read_text()) == pyproject_requirements(
        PROJECT
    )


def test_a_different_bound_in_the_conda_environment_is_seen():
    changed = (ROOT / "environment.yml").read_text().replace("numpy>=2.0", "numpy>=1.0")
    assert conda_requirements(changed) - pyproject_requirements(PROJECT) == {"numpy>=1.0"}


def test_torch_is_asked_for_by_the_parity_extra_alone():
    asking = [
        name
        for name, requirements in EXTRAS.items()
        if any(r.startswith("torch") for r in requirements)
    ]
    assert asking == ["parity"]
    assert not any(r.startswith("torch") for r in PROJECT["dependencies"])
    assert not any("parity" in r for requirements in EXTRAS.values() for r in requirements)


def test_the_makefile_installs_extras_that_exist():
    wanted = set(re.findall(r"\$\(VENV\)/\.with-(\w+)", (ROOT / "Makefile").read_text()))
    assert {"runtime", "test", "book"} <= wanted
    assert wanted - {"runtime"} <= set(EXTRAS)


def test_help_names_every_target():
    text = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY:(.+)$", text, re.MULTILINE)[1].split()) - {"help"}
    assert targets == set(re.findall(r"@echo 'make (\w+)", text))


def test_the_citation_names_this_version():
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == refsnn.__version__


@pytest.mark.parametrize("paper", ["arXiv:2111.09446", "arXiv:2304.13289", "arXiv:2404.17456"])
def test_the_three_papers_are_cited_under_the_same_title(paper):
    references = yaml.safe_load((ROOT / "CITATION.cff").read_text())["references"]
    titles = [r["title"] for r in references if paper in [i["value"] for i in r["identifiers"]]]
    assert len(titles) == 1
    bibliography = (ROOT / "docs" / "references.bib").read_text().replace("{", "").replace("}", "")
    entry = next(entry for entry in bibliography.split("@") if paper in entry)
    assert titles[0] in entry
