"""Records as a hostile sender writes them: an attack in a Windows event, and odd bytes around it."""

import json

from support.rulings import loaded, rule_text

from soc.rulebook.plan import RulePlan

WORD = "mimikatz"
"""The attack: a text that rules look for."""
EVENT = {
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "EventID": 1,
    "Computer": "PC1",
    "Image": "C:\\Users\\a\\evil.exe",
    "CommandLine": f"cmd /c {WORD} x",
}
OTHER = {"Channel": "x", "EventID": 2}
DATA = {name: EVENT[name] for name in ("Image", "CommandLine")}
BEAT = {"channel": EVENT["Channel"], "event_id": 1, "computer_name": "PC1", "event_data": DATA}
DOTTED = {f"winlog.{name}": value for name, value in BEAT.items()}
DEPTH = 64
KEYS = 10_000


def line(text: str | None = None, /, **more: object) -> str:
    """The event as one line of JSON; *text* stands for its command line as it is, quotes included."""
    whole = json.dumps({**EVENT, **more})
    return whole if text is None else whole.replace(json.dumps(EVENT["CommandLine"]), text)


def nested(levels: int, inner: str = "1") -> str:
    """The event with *levels* objects inside each other, itself the first of them."""
    return line()[:-1] + ',"deep":' + '{"a":' * (levels - 1) + inner + "}" * levels


def _after(tail: str) -> str:
    return line()[:-1] + tail + "}"


def _in_text(odd: bytes) -> bytes:
    """The command line with *odd* bytes beside the attack, not inside."""
    return line(f'"~ {WORD} ~"').encode().replace(b"~", odd)


READABLE: dict[str, bytes] = {
    "plain": line().encode(),
    "UTF-8 mark": b"\xef\xbb\xbf" + line().encode(),
    "two UTF-8 marks": b"\xef\xbb\xbf" * 2 + line().encode(),
    "UTF-16LE with mark": ("\ufeff" + line()).encode("utf-16-le"),
    "UTF-16BE with mark": ("\ufeff" + line()).encode("utf-16-be"),
    "UTF-16LE": line().encode("utf-16-le"),
    "UTF-16BE": line().encode("utf-16-be"),
    "second line of a UTF-16LE file": b"\0" + (line() + "\r").encode("utf-16-le"),
    "NUL before and after": b"\0" * 4096 + line().encode() + b"\0" * 4096,
    "CRLF": line().encode() + b"\r\n",
    "blanks around": b" \t\r\n" + line().encode() + b" \n\n",
    "bad UTF-8 in the field": _in_text(b"\xff\xc4"),
    "bad UTF-8 in another field": line(other="~").encode().replace(b"~", b"\xfe\x80"),
    "bad UTF-8 in a name": _after(',"~":1').encode().replace(b"~", b"\xc0"),
    "overlong slash": _in_text(b"\xc0\xaf"),
    "overlong NUL": _in_text(b"\xc0\x80"),
    "raw surrogate": _in_text(b"\xed\xa0\x80"),
    "raw surrogate pair": _in_text(b"\xed\xa0\xbd\xed\xb8\x80"),
    "beyond Unicode": _in_text(b"\xf4\x90\x80\x80"),
    "lone high surrogate": line(rf'"{WORD}\ud800"').encode(),
    "lone low surrogate": line(rf'"\udfff{WORD}"').encode(),
    "swapped surrogates": line(rf'"\ude00\ud83d{WORD}"').encode(),
    "surrogate pair": line(rf'"\ud83d\ude00{WORD}"').encode(),
    "lone surrogate in a name": _after(r',"\ud800":1').encode(),
    "every letter escaped": line('"' + "".join(f"\\u{ord(c):04X}" for c in WORD) + '"').encode(),
    "escaped name": line().replace('"CommandLine"', r'"Command\u004cine"').encode(),
    "escaped channel": line().replace('"Channel"', r'"\u0043hannel"').encode(),
    "NUL in the field": _in_text(b"\0"),
    "NUL escaped": line(rf'"\u0000{WORD}\u0000"').encode(),
    "control characters": _in_text(bytes(range(1, 32))),
    "delete and C1 controls": _in_text(b"\x7f\xc2\x80\xc2\x9f"),
    "line separators": _in_text("\u2028\u2029\x85".encode()),
    "escapes of web servers": line(rf'"\x22{WORD}\x22\xC4\x91"').encode(),
    "unescaped backslashes": line(rf'"C:\Windows\System32\q {WORD}"').encode(),
    "beyond all floats": _after(',"n":1e400').encode(),
    "minus infinity": _after(',"n":-1e400').encode(),
    "underflow": _after(',"n":1e-400').encode(),
    "minus nothing": _after(',"n":-0,"m":-0.0').encode(),
    "not a number": _after(',"n":NaN,"m":Infinity,"o":-Infinity').encode(),
    "beyond 64 bits": _after(',"n":18446744073709551616,"m":-9223372036854775809').encode(),
    "ten thousand digits": _after(',"n":' + "9" * 10_000).encode(),
    "id as text": line(EventID="1").encode(),
    "id with a point": line(EventID=1.0).encode(),
    "id as power": line().replace('"EventID": 1', '"EventID": 1e0').encode(),
    "channel in capitals": line(Channel=str(EVENT["Channel"]).upper()).encode(),
    "name with blanks": line().replace('"CommandLine"', '"Command Line"').encode(),
    "same name with blanks": _after(',"Command Line":"harmless"').encode(),
    "key twice, attack last": ('{"CommandLine":"harmless",' + line()[1:]).encode(),
    "other key twice": _after(',"n":1,"n":2').encode(),
    "deepest": nested(DEPTH).encode(),
    "arrays of arrays": line(f'[[[["{WORD}"]]],[]]').encode(),
    "array beside null": line(f'[null,1,{{}},"{WORD}"]').encode(),
    "as many keys as allowed": line(**{str(n): n for n in range(KEYS - len(EVENT))}).encode(),
    "a megabyte": line(other="x" * 1_000_000).encode(),
    "channel and id twice": ('{"Channel":"Security","EventID":4688,' + line()[1:]).encode(),
    "a dump inside": json.dumps({**OTHER, "Event": {"System": EVENT, "EventData": DATA}}).encode(),
    "a beat inside": json.dumps({**OTHER, "winlog": BEAT}).encode(),
    "a beat inside, in dots": json.dumps({**OTHER, **DOTTED}).encode(),
    "a beat inside, escaped": json.dumps({**OTHER, **DOTTED}).replace('"winlog', r'"\u0077inlog').encode(),
    "quotes and colons in a text": line(rf'"\":\":\": {WORD} \":1,\":"').encode(),
}
"""What can be read, however odd: the attack must be seen in its field."""
UNREADABLE: dict[str, bytes] = {
    "truncated": line()[:-1].encode(),
    "truncated in a text": line().encode()[:-3],
    "trailing garbage": line().encode() + b"x",
    "two objects": line().encode() * 2,
    "two objects on two lines": line().encode() + b"\n" + line().encode(),
    "an array": f"[{line()}]".encode(),
    "a text": json.dumps(line()).encode(),
    "trailing comma": (line()[:-1] + ",}").encode(),
    "single quotes": line().replace('"', "'").encode(),
    "a comment": (line()[:-1] + "/* */}").encode(),
    "no colon": line().replace('"Computer":', '"Computer"').encode(),
    "leading zero": (line()[:-1] + ',"n":01}').encode(),
    "capital TRUE": (line()[:-1] + ',"n":TRUE}').encode(),
    "form feed first": b"\x0c" + line().encode(),
    "mark before plain bytes": b"\xff\xfe" + line().encode(),
    "other mark before plain bytes": b"\xfe\xff" + line().encode(),
    "one level too deep": nested(DEPTH + 1).encode(),
    "two hundred levels": nested(200).encode(),
    "a hundred thousand levels": nested(100_000).encode(),
    "a hundred thousand arrays": nested(2, "[" * 100_000 + "]" * 100_000).encode(),
    "a hundred thousand unclosed": line().encode()[:-1] + b',"d":' + b"[" * 100_000,
    "one key too many": line(**{str(n): n for n in range(KEYS - len(EVENT) + 1)}).encode(),
    "bad UTF-8 between": line().encode().replace(b", ", b",\xff ", 1),
    "NUL between": line().encode().replace(b", ", b",\0 ", 1),
}
"""What is no record: kept, and its text still meets every rule with keywords."""
FIELD_RULES = {
    "contains": "{s: {CommandLine|contains: MIMIkatz}, condition: s}",
    "regex": "{s: {CommandLine|re: 'mimi.?katz'}, condition: s}",
    "wildcards": "{s: {CommandLine: '*mimi?atz*'}, condition: s}",
    "with another": "{s: {Image|endswith: '\\evil.exe', CommandLine|contains: [zz, mimikatz]}, condition: s}",
    "and not": "{s: {CommandLine|contains: mimikatz}, f: {Computer: PC2}, condition: s and not f}",
    "with id": "{s: {EventID: 1, CommandLine|contains|cased: mimikatz}, condition: s}",
    "exists": "{s: {CommandLine|exists: true}, t: {ParentImage: null}, condition: s and t}",
}
KEYWORD_RULES = {
    "anywhere": "{s: [mimikatz], condition: s}",
    "here": "{s: [MIMIKATZ], condition: s}",
    "by regex": "{s: {'|re': '(?i)MIMI[k]atz'}, condition: s}",
    "elsewhere": "{s: [mimikatz, nothing], condition: s}",
    "elsewhere, all": "{s: {'|all': [mimi, katz]}, condition: s}",
    "elsewhere, not a field": "{s: [mimikatz], f: {CommandLine|contains: mimikatz}, condition: s and not f}",
}
ABOUT_NUMBERS = {
    f"{name} {modifier} {value}": f"{{s: {{{name}{modifier}: {value}}}, condition: s}}"
    for name in ("n", "m", "EventID")
    for modifier, value in (
        ("", 0),
        ("", 1),
        ("|gt", 5),
        ("|lt", 0),
        ("|contains", "'0'"),
        ("|exists", "true"),
    )
}


def odd_rules() -> tuple[RulePlan, ...]:
    """All of these rules, each under its name."""
    detections = {**FIELD_RULES, **KEYWORD_RULES, **ABOUT_NUMBERS}
    texts = [rule_text(body, id=name, logsource=_source_of(name)) for name, body in detections.items()]
    book = loaded(*texts, known=lambda source: source.product != "nobody's")
    assert book.errors == ()
    return book.rules


def _source_of(name: str) -> dict[str, str]:
    match name.partition(",")[0]:
        case "elsewhere":
            return {"product": "linux", "service": "auth"}
        case "anywhere":
            return {"product": "nobody's"}
        case _:
            return {"product": "windows", "category": "process_creation"}
