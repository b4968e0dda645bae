import pytest

from soc.model.event import LogSource
from soc.parsing.tables import Addition, EcsField, EcsSection, EcsTable, EcsType, check


def test_an_addition_widens_its_log_source_by_the_category() -> None:
    addition = Addition(of=LogSource("zeek", None, "dns"), category="dns")
    assert addition.widened == LogSource("zeek", "dns", "dns")


def test_a_sections_targets_are_split_into_path_and_type() -> None:
    section = EcsSection(logsource=LogSource(), fields={"src_ip": "source.ip ip"})
    assert section.targets() == {"src_ip": EcsField(("source", "ip"), EcsType.IP)}


@pytest.mark.parametrize("target", ["source.ip", "source.ip text", "Source.ip ip", "source.ip  ip"])
def test_a_target_that_is_no_path_and_type_is_a_fault_with_its_place(target: str) -> None:
    faults: list[str] = []
    text = f"version: 1\nsections: [{{logsource: {{}}, fields: {{a: '{target}'}}}}]\n"
    assert check({"ecs.yml": text}, "ecs.yml", EcsTable, faults) is None
    assert "$.sections[0].fields" in faults[0]
