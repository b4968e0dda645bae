"""What comes in a package is taken within bounds, and a name that leads elsewhere is refused."""

import stat
import zipfile
from pathlib import Path

import pytest

from soc.app.package_source import Bounds, read_bundle
from soc.kernel.errors import ConfigError

RULE = "title: A\nid: a\nlogsource: {product: x}\ndetection: {s: {f: x}, condition: s}\n"
BLOCK = "title: A\nlogsource: {product: x}\ndetection:\n  s: {f: x}\n  condition: s\n"


def zipped(tmp_path: Path, files: dict[str, str]) -> Path:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def unpacked(tmp_path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = tmp_path / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "package"


FILES = {
    "LICENSE": "MIT License",
    "version.txt": "r2026-08-01\nmore",
    "rules/a.yml": BLOCK,
    "rules/b.yaml": "title: F\nfilter: {rules: any}\n",
    "rules/a.cases.yaml": "detection: []",
    "other/c.yml": BLOCK,
    "tests/config.yml": "logsources: {}\n",
    "README.md": "words",
    "deep/LICENSE.txt": "another",
    ".github/d.yml": BLOCK,
}


def test_rules_licence_and_version_are_taken_from_a_folder(tmp_path: Path) -> None:
    bundle = read_bundle(unpacked(tmp_path, FILES))
    assert list(bundle.rules) == ["other/c.yml", "rules/a.yml", "rules/b.yaml"]
    assert (bundle.licence, bundle.version) == (("LICENSE", b"MIT License"), "r2026-08-01")
    assert bundle.left_out == 5


def test_an_archive_holds_the_same_under_one_folder(tmp_path: Path) -> None:
    archive = zipped(tmp_path, {f"sigma-master/{name}": text for name, text in FILES.items()})
    assert read_bundle(archive) == read_bundle(unpacked(tmp_path, FILES))


def test_only_named_folders_are_taken(tmp_path: Path) -> None:
    bundle = read_bundle(unpacked(tmp_path, FILES), ("rules/",))
    assert list(bundle.rules) == ["rules/a.yml", "rules/b.yaml"]
    assert bundle.licence is not None
    with pytest.raises(ConfigError, match="holds no Sigma rule in gone"):
        read_bundle(tmp_path / "package", ("gone",))


@pytest.mark.parametrize(
    "name",
    ["../a.yml", "x/../../a.yml", "/a.yml", "x\\..\\a.yml", "c:a.yml", "x//a.yml", "x\n.yml", "x" * 301],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="accepted: relative paths"):
        read_bundle(zipped(tmp_path, {"b.yml": RULE, name: RULE}))


def test_links_are_refused_in_archives_and_not_followed_in_folders(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a.yml": RULE})
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("b.yml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ConfigError, match=r"'b\.yml' is a link"):
        read_bundle(path)
    folder = unpacked(tmp_path, {"a.yml": BLOCK})
    (folder / "b.yml").symlink_to(folder / "a.yml")
    assert list(read_bundle(folder).rules) == ["a.yml"]


def test_a_name_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'A\.yml' is there twice"):
        read_bundle(zipped(tmp_path, {"a.yml": BLOCK, "A.yml": BLOCK}))


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is larger than 4194304 bytes"):
        read_bundle(zipped(tmp_path, {"a.yml": BLOCK + "#" * (5 << 20)}))


def test_many_files_and_many_bytes_are_refused(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, {f"{number}.yml": BLOCK for number in range(5)})
    exact = Bounds(entries=5, total_bytes=len(BLOCK) * 5)
    assert len(read_bundle(folder, bounds=exact).rules) == 5
    with pytest.raises(ConfigError, match="more than 4 files"):
        read_bundle(folder, bounds=Bounds(entries=4))
    with pytest.raises(ConfigError, match="bytes of rules"):
        read_bundle(folder, bounds=Bounds(total_bytes=len(BLOCK) * 5 - 1))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"title: x"])
def test_what_is_no_package_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="no package that can be read"):
        read_bundle(path)


def test_a_package_without_rules_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no Sigma rule"):
        read_bundle(unpacked(tmp_path, {"README.md": "x"}))


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a.yml": BLOCK})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"'a\.yml' is encrypted"):
        read_bundle(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_an_archive_with_any_byte_damaged_is_read_or_refused_in_a_sentence(
    tmp_path: Path, method: int
) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.yml", BLOCK)
    whole = path.read_bytes()
    refusals = []
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            read_bundle(path)
        except ConfigError as error:
            refusals.append(str(error))
    assert len(refusals) > len(whole) // 2
    assert not [said for said in refusals if "\n" in said]


def test_an_archive_that_was_cut_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a.yml": BLOCK})
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ConfigError, match="no package that can be read"):
        read_bundle(path)
