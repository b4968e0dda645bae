import pytest
from sigma.pipelines.common import windows_logsource_mapping
from sigma.pipelines.sysmon.sysmon import sysmon_generic_logsource_eventid_mapping
from sigma.pipelines.windows.windows import windows_generic_category_channel_mapping
from support.readings import mapping_texts, own_sources

from soc.kernel.errors import ConfigError
from soc.model.event import LogSource
from soc.model.identity import Layer
from soc.parsing.mapping import FILES, entity_fields, known_logsource, load_mappings

SYSMON = "Microsoft-Windows-Sysmon/Operational"


def as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("service", sorted(windows_logsource_mapping))
def test_every_service_of_sigmas_windows_pipeline_has_its_channels(service: str) -> None:
    for channel in as_list(windows_logsource_mapping[service]):
        found = own_sources().event_log(str(channel), None)
        assert LogSource("windows", None, service) in found


def test_sysmon_events_have_exactly_the_categories_of_sigmas_pipeline() -> None:
    expected = {
        (category, event_id)
        for category, event_ids in sysmon_generic_logsource_eventid_mapping.items()
        for event_id in as_list(event_ids)
    }
    found = {
        (logsource.category, event_id)
        for event_id in range(300)
        for logsource in own_sources().event_log(SYSMON, event_id)
        if logsource.category is not None
    }
    assert found == expected


@pytest.mark.parametrize("category", sorted(windows_generic_category_channel_mapping))
def test_powershell_categories_are_those_of_sigmas_pipeline(category: str) -> None:
    row = windows_generic_category_channel_mapping[category]
    for channel in as_list(windows_logsource_mapping[str(row["service"])]):
        found = own_sources().event_log(str(channel), row["EventID"])
        assert found == (LogSource("windows", category, str(row["service"])),)


def test_process_creation_is_sysmon_only() -> None:
    assert own_sources().event_log("Security", 4688) == (LogSource("windows", None, "security"),)
    assert own_sources().event_log(SYSMON, 1) == (LogSource("windows", "process_creation", "sysmon"),)


def test_channels_are_compared_without_regard_to_case_and_true_is_no_event_id() -> None:
    assert own_sources().event_log(SYSMON.upper(), 1) == own_sources().event_log(SYSMON, 1)
    assert own_sources().event_log(SYSMON, True) == (LogSource("windows", None, "sysmon"),)
    assert own_sources().event_log("No Such Channel", 1) == ()


@pytest.mark.parametrize(
    ("logsource", "known"),
    [
        (LogSource("windows", "process_creation"), True),
        (LogSource(category="process_creation"), True),
        (LogSource("windows", None, "sysmon"), True),
        (LogSource("linux"), True),
        (LogSource(category="webserver"), True),
        (LogSource(category="antivirus"), True),
        (LogSource("soc", None, "any-kind"), True),
        (LogSource("zeek", None, "some_new_log"), True),
        (LogSource(), True),
        (LogSource("windows", "unheard_of"), False),
        (LogSource("zeek", "process_creation"), False),
        (LogSource("unheard-of"), False),
    ],
)
def test_a_rule_learns_whether_any_table_gives_its_log_source(logsource: LogSource, known: bool) -> None:
    assert known_logsource(own_sources(), logsource) is known


@pytest.mark.parametrize(
    ("logsources", "layer"),
    [
        ((LogSource("suricata", None, "alert"),), Layer.MONITORING),
        ((LogSource("linux", None, "auth"), LogSource("linux", None, "postfix")), Layer.MONITORING),
        ((LogSource("soc", None, "finding"),), Layer.ASSESSMENT),
        ((LogSource("soc", None, "warning"),), Layer.NATIONAL),
        ((LogSource("soc", None, "silence"),), Layer.ON_THE_SPOT),
        ((LogSource("windows", "process_creation", "sysmon"),), Layer.ON_THE_SPOT),
        ((), Layer.ON_THE_SPOT),
    ],
)
def test_log_sources_tell_the_layer(logsources: tuple[LogSource, ...], layer: Layer) -> None:
    assert own_sources().layer(logsources) is layer


def test_entities_are_those_of_the_first_entry_that_covers_the_rule() -> None:
    assert entity_fields(own_sources(), LogSource("linux", None, "sshd"))[0] == "src_ip"
    assert entity_fields(own_sources(), LogSource("windows", "process_creation"))[0] == "Computer"
    assert "host" in entity_fields(own_sources(), LogSource("unheard-of"))


@pytest.mark.parametrize("name", FILES)
def test_a_missing_table_is_named(name: str) -> None:
    texts = mapping_texts()
    del texts[name]
    with pytest.raises(ConfigError, match=f"{name}: missing"):
        load_mappings(texts)


def test_every_faulty_table_is_named_at_once() -> None:
    texts = mapping_texts() | {"layers.yml": "version: [", "ecs.yml": "version: 1\nsections: []\nmore: 1\n"}
    with pytest.raises(ConfigError) as caught:
        load_mappings(texts)
    assert "layers.yml" in str(caught.value)
    assert "ecs.yml: Object contains unknown field `more`" in str(caught.value)
