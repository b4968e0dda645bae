"""A package is kept whole with its papers, replaced as a whole, and never half."""

from pathlib import Path

import pytest
import yaml

from soc.app.package_source import Bundle
from soc.app.packages import About, Licences, hash_of, install, installed
from soc.kernel.errors import ConfigError
from soc.rulebook.rule_files import read_rule_files

DRL = b"Detection Rule License (DRL) 1.1\n\nPermission is hereby granted ..."
ABOUT = About(name="sigmahq", version="", licence="", day="2026-11-24")
SOURCE = Path("sigma.zip")


def bundle(*names: str, licence: tuple[str, bytes] | None = ("LICENSE", DRL), version: str = "") -> Bundle:
    return Bundle({name: f"detection: {name}\n".encode() for name in names}, licence, version, 0)


def test_a_package_is_kept_with_its_papers(tmp_path: Path) -> None:
    given = bundle("rules/a.yml", "rules/b.yml", version="r1")
    manifest = install(given, SOURCE, ABOUT, tmp_path)
    place = tmp_path / "packages" / "sigmahq"
    assert (place / "rules" / "a.yml").read_bytes() == b"detection: rules/a.yml\n"
    assert (place / "LICENSE").read_bytes() == DRL
    papers = yaml.safe_load((place / "PACKAGE.yml").read_text(encoding="utf-8"))
    assert papers == {
        "name": "sigmahq",
        "source": "sigma.zip",
        "version": "r1",
        "imported_on": "2026-11-24",
        "licence": "DRL-1.1",
        "licence_file": "LICENSE",
        "files": 2,
        "bytes": 46,
        "hash": hash_of(given.rules),
    }
    assert installed(tmp_path, "sigmahq") == (manifest, Bundle(given.rules, given.licence, "", 1))


def test_the_next_import_replaces_it_as_a_whole(tmp_path: Path) -> None:
    install(bundle("a.yml", "b.yml"), SOURCE, ABOUT, tmp_path)
    install(bundle("b.yml", "c.yml"), SOURCE, ABOUT, tmp_path)
    assert list(installed(tmp_path, "sigmahq")[1].rules) == ["b.yml", "c.yml"]
    assert [path.name for path in (tmp_path / "packages").iterdir()] == ["sigmahq"]


def test_an_import_that_was_cut_short_leaves_the_old_package(tmp_path: Path) -> None:
    install(bundle("a.yml"), SOURCE, ABOUT, tmp_path)
    packages = tmp_path / "packages"
    (packages / "sigmahq").rename(packages / ".sigmahq.old")
    (packages / ".sigmahq.new").mkdir()
    (packages / ".sigmahq.new" / "half.yml").write_text("detection: x\n", encoding="utf-8")
    assert list(installed(tmp_path, "sigmahq")[1].rules) == ["a.yml"]
    install(bundle("b.yml"), SOURCE, ABOUT, tmp_path)
    assert list(installed(tmp_path, "sigmahq")[1].rules) == ["b.yml"]
    assert [path.name for path in packages.iterdir()] == ["sigmahq"]


def test_papers_and_half_an_import_are_no_rules(tmp_path: Path) -> None:
    install(bundle("a.yml"), SOURCE, ABOUT, tmp_path)
    half = tmp_path / "packages" / ".sigmahq.new"
    half.mkdir()
    (half / "half.yml").write_text("detection: x\n", encoding="utf-8")
    (tmp_path / "overrides.yml").write_text("overrides: []\n", encoding="utf-8")
    assert [Path(file.path).name for file in read_rule_files([tmp_path])] == ["a.yml"]


def test_the_licence_is_said_by_the_file_or_by_the_person(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="brings no licence file; say --licence"):
        install(bundle("a.yml", licence=None), SOURCE, ABOUT, tmp_path)
    with pytest.raises(ConfigError, match="its licence is not known here; say --licence"):
        install(bundle("a.yml", licence=("LICENSE", b"words")), SOURCE, ABOUT, tmp_path)
    said = About("x", "v7", "CC0-1.0", "2026-11-24")
    manifest = install(bundle("a.yml", licence=None), SOURCE, said, tmp_path)
    assert (manifest.licence, manifest.licence_file, manifest.version) == ("CC0-1.0", "", "v7")


@pytest.mark.parametrize("name", ["", "..", "a/b", "Sigma", ".x", "x" * 65])
def test_a_package_name_is_one_plain_word(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="accepted: lower-case letters"):
        install(bundle("a.yml"), SOURCE, About(name, "", "", "2026-11-24"), tmp_path)


def test_a_package_that_was_edited_is_named(tmp_path: Path) -> None:
    install(bundle("a.yml"), SOURCE, ABOUT, tmp_path)
    (tmp_path / "packages" / "sigmahq" / "a.yml").write_text("detection: y\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="was edited after its import"):
        installed(tmp_path, "sigmahq")


def test_a_package_that_is_not_there_is_said_with_those_that_are(tmp_path: Path) -> None:
    install(bundle("a.yml"), SOURCE, ABOUT, tmp_path)
    with pytest.raises(ConfigError, match=r"no package 'x' in .*; kept there: sigmahq"):
        installed(tmp_path, "x")


def test_a_rule_file_knows_its_package(tmp_path: Path) -> None:
    install(bundle("rules/windows/a.yml"), SOURCE, ABOUT, tmp_path)
    inside, outside = tmp_path / "packages" / "sigmahq" / "rules" / "a.yml", tmp_path / "layer1" / "b.yml"
    assert Licences().of(str(inside)) == "DRL-1.1"
    assert Licences().of(str(inside.parent / "packages" / "linux" / "a.yml")) == "DRL-1.1"
    assert [Licences().of(str(path)) for path in (outside, tmp_path / "packages" / "loose.yml")] == ["", ""]
    (tmp_path / "packages" / "sigmahq" / "PACKAGE.yml").write_text("name: [", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"PACKAGE\.yml"):
        Licences().of(str(inside))


def test_what_an_import_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    install(bundle("a.yml"), SOURCE, ABOUT, tmp_path)
    behind = tmp_path / "packages" / ".sigmahq.old"
    behind.mkdir()
    (behind / "x.yml").write_text("detection: x\n", encoding="utf-8")
    install(bundle("b.yml"), SOURCE, ABOUT, tmp_path)
    assert list(installed(tmp_path, "sigmahq")[1].rules) == ["b.yml"]
    assert not behind.exists()


def test_an_import_that_cannot_be_written_leaves_the_package_that_was_put_aside(tmp_path: Path) -> None:
    install(bundle("a.yml"), SOURCE, ABOUT, tmp_path)
    packages = tmp_path / "packages"
    (packages / "sigmahq").rename(packages / ".sigmahq.old")
    with pytest.raises(OSError, match="b"):
        install(bundle("b.yml", "b.yml/c.yml"), SOURCE, ABOUT, tmp_path)
    assert list(installed(tmp_path, "sigmahq")[1].rules) == ["a.yml"]


def test_the_hash_knows_names_and_contents() -> None:
    hashes = {hash_of(rules) for rules in ({"a": b"x"}, {"b": b"x"}, {"a": b"y"}, {"a": b"x", "b": b"x"})}
    assert len(hashes) == 4


def test_an_import_that_fails_leaves_nothing_but_the_old_package(tmp_path: Path) -> None:
    install(bundle("a.yml"), SOURCE, ABOUT, tmp_path)
    with pytest.raises(OSError, match="File name too long"):
        install(bundle("b.yml", "x" * 300 + ".yml"), SOURCE, ABOUT, tmp_path)
    assert [path.name for path in (tmp_path / "packages").iterdir()] == ["sigmahq"]
    assert list(installed(tmp_path, "sigmahq")[1].rules) == ["a.yml"]


@pytest.mark.parametrize("rest", [".sigmahq.old", ".sigmahq.new"])
def test_links_and_files_in_the_way_of_an_import_are_removed(tmp_path: Path, rest: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept.txt").write_text("kept", encoding="utf-8")
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / rest).symlink_to(elsewhere)
    install(bundle("a.yml"), SOURCE, ABOUT, tmp_path)
    (packages / rest).write_text("in the way", encoding="utf-8")
    install(bundle("b.yml"), SOURCE, ABOUT, tmp_path)
    assert list(installed(tmp_path, "sigmahq")[1].rules) == ["b.yml"]
    assert [path.name for path in packages.iterdir()] == ["sigmahq"]
    assert (elsewhere / "kept.txt").is_file()
