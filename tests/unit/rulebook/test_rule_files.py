"""Files are found in folders; whatever cannot be read is told, and the others are read."""

import os
from pathlib import Path

import msgspec

from soc.rulebook.load import load
from soc.rulebook.overrides import read_overrides
from soc.rulebook.rule_files import read_file, read_override_files, read_pipeline_files, read_rule_files

RULE = "title: A\nid: a\nlogsource: {product: x}\ndetection: {s: {f: x}, condition: s}\n"


def test_folders_are_walked_without_cases_and_mappings(tmp_path: Path) -> None:
    for name in ("b.yml", "sub/a.yaml", "sub/a.cases.yaml", "mappings/m.yml", "x.txt", "sub/mappings/y.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"title: {name}\n", encoding="utf-8")
    found = read_rule_files([tmp_path, tmp_path / "x.txt"])
    assert [Path(file.path).name for file in found] == ["b.yml", "a.yaml", "x.txt"]
    assert found[0].text == "title: b.yml\n"


def test_bytes_that_are_no_text_do_not_stop_the_reading(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_bytes(b"title: \xff\xfe\n")
    assert read_rule_files([tmp_path])[0].text == "title: \ufffd\ufffd\n"


def test_pipelines_are_found_beside_the_rules_they_are_for(tmp_path: Path) -> None:
    for name in ("pipelines/a.yml", "sub/pipelines/b.yml", "sub/r.yml", "pipelines/deeper/c.yml", "x.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("title: x\n", encoding="utf-8")
    found = [Path(file.path).relative_to(tmp_path).as_posix() for file in read_pipeline_files([tmp_path])]
    assert found == ["pipelines/a.yml", "sub/pipelines/b.yml"]
    rules = [Path(file.path).relative_to(tmp_path).as_posix() for file in read_rule_files([tmp_path])]
    assert rules == ["sub/r.yml", "x.yml"]
    assert read_pipeline_files([tmp_path / "x.yml"]) == []


def odd_files(folder: Path) -> None:
    """Put a loop of links, a pipe, a link to nothing and a folder there, all named as files of rules."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "loop.yml").symlink_to("loop.yml")
    os.mkfifo(folder / "pipe.yml")
    (folder / "lost.yml").symlink_to("nowhere.yml")
    (folder / "folder.yml").mkdir()


def test_what_cannot_be_read_is_a_fault_and_the_others_load(tmp_path: Path) -> None:
    odd_files(tmp_path)
    odd_files(tmp_path / "pipelines")
    (tmp_path / "good.yml").write_text(RULE, encoding="utf-8")
    book = load(
        read_rule_files([tmp_path]),
        known=lambda _: True,
        entities=lambda _: (),
        pipelines=read_pipeline_files([tmp_path]),
    )
    assert [rule.id for rule in book.rules] == ["a"]
    reasons = [
        "folder.yml: cannot be read: it is a folder",
        "loop.yml: cannot be read: Too many levels of symbolic links",
        "lost.yml: cannot be read: No such file or directory",
        "pipe.yml: cannot be read: it is no regular file",
    ]
    folders = (tmp_path / "pipelines", tmp_path)
    assert list(book.errors) == [f"{folder}/{reason}" for folder in folders for reason in reasons]


def test_overrides_that_cannot_be_read_are_a_fault(tmp_path: Path) -> None:
    (tmp_path / "overrides.yml").symlink_to("overrides.yml")
    (error,) = read_overrides(read_override_files([tmp_path])).errors
    assert str(error).startswith(f"{tmp_path}/overrides.yml: cannot be read: Too many levels")
    assert read_override_files([tmp_path / "none", tmp_path / "overrides.yml"]) == []


def test_a_pipe_or_a_device_given_by_name_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    faults = [file.fault for file in read_rule_files([tmp_path / "pipe", Path("/dev/zero")])]
    assert faults == ["cannot be read: it is no regular file"] * 2


def test_a_name_that_is_no_text_can_be_printed_and_stored(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.yml")
    path.write_text(RULE, encoding="utf-8")
    (file,) = read_rule_files([tmp_path])
    assert (file.path, file.text) == (f"{tmp_path}/caf\ufffd.yml", RULE)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(file.path)) == file.path


def test_a_file_larger_than_rules_are_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "long.yml"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
    assert read_file(path).fault == "cannot be read: it is larger than 4194304 bytes"
