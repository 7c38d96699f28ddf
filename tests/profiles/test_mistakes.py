"""Each mistake gives one error, with its code, at its place."""

import pytest

from profiles.findings import did_you_mean
from profiles.model import Mistake, Severity
from profiles.reader import read_text

PLATFORM = """\
maxConcurrency: 40
calendars: {holidays: ["2026-12-25"]}
profiles:
  shared: {baseline: 1}
"""

GOOD = """\
version: 1
service: shop
owner: team-shop
timezone: America/New_York
ping: {shape: http-v2, host: shop.example.com, path: /health}
profiles:
  day:
    baseline: 1
    windows:
      - {name: office, days: mon-fri, from: "08:00", to: "18:00", concurrency: 6, rampUp: 10m}
      - {name: payday, cron: "0 9 25 * *", for: 3h, concurrency: 9}
    dates:
      - {calendar: holidays, like: sun}
targets:
  - {function: shop-web, alias: live, profile: day, scale: 0.5}
  - {function: shop-jobs, version: 7, profile: shared, ping: {shape: direct, payload: {job: none}}}
overrides:
  - {name: sale, from: "2026-11-26T20:00", until: "2026-11-28T03:00", mode: atLeast,
     concurrency: 30, reason: sale, ticket: S-1}
versions: {keep: 5, minSuperseded: 7d}
"""

_SNAP = "minSuperseded: 7d, snapStart: {keep: "
# what the good file has, what stands there instead, the code, the text at whose beginning the error points
MISTAKES = [
    ("minSuperseded: 7d", _SNAP + "1}", "E304", "1}}"),
    ("minSuperseded: 7d", "snapStart: {enabled: true}", "E003", "enabled: true"),
    # structure
    ("version: 1\n", "version: 2\n", "E102", "2\n"),
    ("version: 1\n", 'version: "1"\n', "E006", '"1"'),
    ("version: 1\n", "", "E005", "service:"),
    ("owner: team-shop\n", "", "E005", "version:"),
    ("owner: team-shop", "ovner: team-shop", "E003", "ovner"),
    ("owner: team-shop", "owner: [team-shop]", "E006", "[team-shop]"),
    ("owner: team-shop", "owner: 12", "E006", "12"),
    ("owner: team-shop", "owner:", "E006", "\ntimezone"),
    ("owner: team-shop", 'owner: " "', "E101", '" "'),
    ("owner: team-shop", "owner: &team team-shop", "E004", "&team"),
    ("owner: team-shop", "owner: !!str team-shop", "E004", "!!str"),
    ("owner: team-shop", "owner: *team", "E004", "*team"),
    ("owner: team-shop", "<<: {owner: team-shop}\nowner: x", "E004", "<<"),
    ("owner: team-shop", "owner: team-shop\nowner: other", "E002", "owner: other"),
    ("    baseline: 1\n", "    baseline: 1\n    baseline: 2\n", "E002", "baseline: 2"),
    ("    baseline: 1\n", "", "E005", "windows:"),
    ("profiles:\n", "profils:\n", "E003", "profils"),
    ("targets:\n", "target:\n", "E003", "target:"),
    (", concurrency: 6", ", concurency: 6", "E003", "concurency"),
    (", concurrency: 6", "", "E005", "{name: office"),
    (', to: "18:00"', "", "E005", "{name: office"),
    (', from: "08:00", to: "18:00"', "", "E005", "{name: office"),
    (', for: 3h', "", "E005", "{name: payday"),
    (', for: 3h', ', for: 3h, days: mon', "E007", "days: mon,"),
    (', for: 3h', ', for: 3h, from: "08:00"', "E007", 'from: "08:00", concurrency: 9'),
    ("alias: live, ", "", "E005", "{function: shop-web"),
    ("alias: live", "alais: live", "E003", "alais"),
    ("alias: live", "alias: live, version: 3", "E007", "version: 3"),
    ("like: sun", "like: sun, windows: []", "E007", "windows: []"),
    (", like: sun", "", "E005", "{calendar"),
    ("owner: team-shop", 'owner: team-shop\n"": 1', "E003", '"": 1'),
    ("owner: team-shop", "owner: team-shop\n? [a]\n: 1", "E004", "[a]"),
    # values
    ("owner: team-shop", 'owner: "team\\nshop"', "E101", '"team'),
    ("  day:\n", '  "a\\nb": {baseline: 1}\n  day:\n', "E101", '"a\\nb"'),
    ("service: shop", "service: my shop", "E101", "my shop"),
    ("America/New_York", "EST", "E106", "EST"),
    ("America/New_York", '"America/New_Yrok"', "E106", '"America/New_Yrok"'),
    ("America/New_York", "America", "E106", "America"),
    ("America/New_York", "America/Argentina", "E106", "America/Argentina"),
    ("America/New_York", "../../etc/passwd", "E106", "../../etc"),
    ('"08:00"', '"8:00"', "E103", '"8:00"'),
    ('"08:00"', "8:00", "E103", "8:00"),
    ('"08:00"', '"24:00"', "E103", '"24:00"'),
    ('"08:00"', "0800", "E103", "0800"),
    ('"18:00"', '"08:00"', "E109", '"08:00", concurrency: 6'),
    ('"18:00"', '"18:60"', "E103", '"18:60"'),
    ("mon-fri", "mon-friday", "E105", "mon-friday"),
    ("mon-fri", "1-5", "E105", "1-5"),
    ("mon-fri", "[mon, fri]", "E006", "[mon, fri]"),
    ("concurrency: 6", "concurrency: -1", "E102", "-1"),
    ("concurrency: 6", "concurrency: 6.5", "E006", "6.5"),
    ("concurrency: 6", 'concurrency: "6"', "E006", '"6"'),
    ("concurrency: 6", "concurrency: true", "E006", "true"),
    ("rampUp: 10m", "rampUp: 10", "E104", "10}"),
    ("rampUp: 10m", "rampUp: 90m", "E302", "90m"),
    ("for: 3h", "for: 25h", "E302", "25h"),
    ('"0 9 25 * *"', '"0 9 25 * 1"', "E110", '"0 9 25'),
    ('"0 9 25 * *"', '"@daily"', "E110", '"@daily'),
    ('"0 9 25 * *"', '"0 0 9 25 * *"', "E110", '"0 0 9'),
    ('"0 9 25 * *"', '"0 9 31 2 *"', "E110", '"0 9 31'),
    ("scale: 0.5", "scale: 0", "E102", "0}"),
    ("scale: 0.5", "scale: .nan", "E102", ".nan"),
    ("scale: 0.5", "scale: half", "E006", "half"),
    ("shop-web", "shop web", "E113", "shop web"),
    ("shop-web", '"shop-web:live"', "E113", '"shop-web:live"'),
    ("alias: live", "alias: live!", "E113", "live!"),
    ("version: 7", "version: latest", "E113", "latest"),
    ("version: 7", "version: 07", "E113", "07"),
    ("shape: http-v2", "shape: http-v3", "E108", "http-v3"),
    ("host: shop.example.com", 'host: "https://shop.example.com"', "E111", '"https'),
    ("host: shop.example.com, ", "", "E005", "{shape: http-v2"),
    ("path: /health", "path: health", "E111", "health}"),
    ("path: /health", "path: /health, timeout: 20m", "E302", "20m"),
    ("path: /health", "path: /health, payload: {a: 1}", "E111", "payload: {a"),
    ("path: /health", "path: /health, expect: {status: 99}", "E102", "99}"),
    ("shape: http-v2, ", "", "E005", "{host: shop"),
    ("job: none", "job: {deeper: [{raw_command: x}]}", "E112", "raw_command"),
    ("job: none", "_serverless-wsgi: {}", "E112", "_serverless-wsgi"),
    ("path: /health", f"path: /health, prime: [/{'p' * 1900}, /more{'p' * 1900}, /last]", "E112", "/more"),
    ("mode: atLeast", "mode: atleast", "E108", "atleast"),
    ('"2026-11-26T20:00"', '"2026-11-26T20:00Z"', "E107", '"2026-11-26T20:00Z"'),
    ('"2026-11-28T03:00"', '"2026-11-31T03:00"', "E107", '"2026-11-31'),
    ('"2026-11-28T03:00"', '"2026-11-26T20:00"', "E109", '"2026-11-26T20:00", mode'),
    (', until: "2026-11-28T03:00"', "", "E005", "{name: sale"),
    ("ticket: S-1", "ticket: S-1, targets: []", "E102", "[]}"),
    # references
    ("profile: day", "profile: dya", "E201", "dya"),
    ("calendar: holidays", "calendar: holiday", "E202", "holiday,"),
    ("ticket: S-1", "ticket: S-1, targets: [shop-wbe]", "E203", "shop-wbe"),
    ("shop-jobs, version: 7", "shop-web, alias: live", "E205", "{function: shop-web, alias: live, profile: shared"),
    ("  day:\n", "  shared: {baseline: 2}\n  day:\n", "E206", "shared: {baseline: 2}"),
    # limits
    ("concurrency: 6", "concurrency: 41", "E301", "41"),
    ("    baseline: 1\n", "    baseline: 41\n", "E301", "41"),
    ('"2026-11-28T03:00"', '"2027-11-28T03:00"', "E302", '"2027-11-28'),
    ("keep: 5", "keep: 1", "E304", "1, min"),
]  # fmt: skip


def test_the_good_file_is_good() -> None:
    assert read_text(GOOD, platform=PLATFORM).mistakes == ()


@pytest.mark.parametrize(("found", "instead", "code", "at"), MISTAKES)
def test_one_mistake_gives_one_error_at_its_place(found: str, instead: str, code: str, at: str) -> None:
    assert found in GOOD
    text = GOOD.replace(found, instead, 1)
    schedules = read_text(text, file="shop.yaml", platform=PLATFORM)
    assert [(one.code, place(one)) for one in schedules.mistakes] == [(code, place_of(at, text))]
    assert schedules.mistakes[0].severity is Severity.ERROR
    assert str(schedules.mistakes[0]).isprintable()
    assert schedules.services == ()


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ('"08:00"', "08:00"),
        ('"18:00"', "18:00"),
        ('"0 9 25 * *"', "0 9 25 * *"),
        ('"2026-11-26T20:00"', "2026-11-26T20:00"),
        ("mon-fri", '"mon-fri"'),
        ("10m", "'10m'"),
        ("version: 7", 'version: "7"'),
    ],
)
def test_quoted_and_unquoted_values_agree(found: str, instead: str) -> None:
    assert read_text(GOOD.replace(found, instead), platform=PLATFORM) == read_text(GOOD, platform=PLATFORM)


def test_a_late_unquoted_time_is_text_and_no_sexagesimal_number() -> None:
    schedules = read_text(GOOD.replace('"08:00"', "22:30"), platform=PLATFORM)
    assert schedules.services[0].profile("day").windows[0].from_minute == 22 * 60 + 30


def test_all_mistakes_of_a_file_come_at_once() -> None:
    text = GOOD.replace("EST", "EST").replace("America/New_York", "KST").replace("mon-fri", "weekdays")
    text = text.replace("profile: day", "profile: dax").replace("keep: 5", "kep: 5")
    assert [one.code for one in read_text(text, platform=PLATFORM).mistakes] == ["E106", "E105", "E201", "E003"]


def test_a_suggestion_stands_in_the_message() -> None:
    (mistake,) = read_text(GOOD.replace("rampUp", "ramp_up"), platform=PLATFORM).mistakes
    assert mistake.message.endswith('unknown key "ramp_up", did you mean "rampUp"?')
    assert str(mistake).startswith("service.yaml:10:83: E003 ")


def test_a_mistake_in_the_platform_file_keeps_the_services_in_the_run() -> None:
    schedules = read_text(GOOD, platform=PLATFORM + "interval: 7m\n")
    assert [one.code for one in schedules.mistakes] == ["E108"]
    assert [service.name for service in schedules.services] == ["shop"]


def test_a_mistake_in_a_shared_profile_keeps_out_the_services_that_use_it() -> None:
    schedules = read_text(GOOD, platform=PLATFORM.replace("{baseline: 1}", "{baseline: -1}"))
    assert [(one.file, one.code) for one in schedules.mistakes] == [("platform.yaml", "E102"), ("service.yaml", "E201")]
    assert schedules.mistakes[1].message.endswith('the shared profile "shared" has errors in platform.yaml')
    assert schedules.services == ()


def test_a_calendar_that_cannot_be_checked_is_a_warning() -> None:
    schedules = read_text(GOOD, platform=PLATFORM.replace("calendars", "kalendars"))
    assert [(one.file, one.code) for one in schedules.mistakes] == [
        ("platform.yaml", "E003"),
        ("service.yaml", "W205"),
    ]
    assert [service.name for service in schedules.services] == ["shop"]


def test_a_key_of_the_platforms_ping_that_the_services_shape_has_no_use_for_is_dropped() -> None:
    platform = PLATFORM + "ping: {shape: universal, path: /up, timeout: 9s}\n"
    text = GOOD.replace("ping: {shape: http-v2, host: shop.example.com, path: /health}\n", "ping: {shape: direct}\n")
    schedules = read_text(text, platform=platform)
    assert schedules.mistakes == ()
    ping = schedules.services[0].targets[0].ping
    assert (ping.path, ping.timeout is not None) == (None, True)


NO_PING = GOOD.replace("ping: {shape: http-v2, host: shop.example.com, path: /health}\n", "")


@pytest.mark.parametrize(
    ("platform", "service", "places"),
    [
        # The platform chose an HTTP shape without a host: each target that inherits it says so.
        ("ping: {shape: alb, path: /up}\n", NO_PING, ["service.yaml:14:5: E005"]),
        # The service gives part of the request.
        ("ping: {shape: alb, path: /up}\n", NO_PING + "ping: {timeout: 5s}\n", ["service.yaml:20:7: E005"]),
        # The platform's own mistake, and the target that depends on it.
        ("ping: {shape: bla, path: /up}\n", NO_PING, ["platform.yaml:5:15: E108", "service.yaml:14:5: E005"]),
        ("ping: {shape: alb, path: up, host: a.b}\n", NO_PING, ["platform.yaml:5:26: E111", "service.yaml:14:5: E005"]),
        # The platform contradicts itself; said once, in its own file.
        ("ping: {shape: alb, payload: 1, host: a.b, path: /up}\n", NO_PING, ["platform.yaml:5:20: E111"]),
        # A default host and path wait for a service that chooses an HTTP shape.
        ("ping: {host: a.b, path: /up}\n", NO_PING, []),
    ],
)
def test_a_ping_that_lacks_something_is_an_error_in_the_file_that_needs_it(
    platform: str, service: str, places: list[str]
) -> None:
    schedules = read_text(service, platform=PLATFORM + platform)
    assert [str(one)[: len(place)] for one, place in zip(schedules.mistakes, places, strict=True)] == places
    assert (schedules.services == ()) == any(place.startswith("service") for place in places)


def test_a_service_inherits_the_platforms_ping_key_by_key() -> None:
    platform = PLATFORM + "ping: {shape: universal, path: /up, timeout: 9s}\n"
    text = GOOD.replace("{shape: http-v2, host: shop.example.com, path: /health}", "{host: shop.example.com}")
    ping = read_text(text, platform=platform).services[0].targets[0].ping
    assert (ping.shape.value, ping.host, ping.path) == ("universal", "shop.example.com", "/up")


def place(mistake: Mistake) -> tuple[int, int]:
    return mistake.line, mistake.column


def place_of(part: str, text: str) -> tuple[int, int]:
    start = text.index(part)
    return text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)


@pytest.mark.parametrize("zone", ["EST", "CET", "KST", "Japan"])
def test_what_is_suggested_for_a_zone_is_one_that_would_be_taken(zone: str) -> None:
    (mistake,) = read_text(GOOD.replace("America/New_York", zone), platform=PLATFORM).mistakes
    assert "write one like America/New_York, or UTC" in mistake.message


def test_among_thousands_of_names_no_near_one_is_searched_for() -> None:
    assert did_you_mean("shop-9", [f"shop-{index}" for index in range(900)]) != ""
    assert did_you_mean("shop-x", [f"shop-{index}" for index in range(1001)]) == ""
