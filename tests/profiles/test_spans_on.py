"""The spans that matter in a UTC date are those of a wider look, in the zones furthest from UTC and on their nights."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.instants import Span, spans_around, spans_on
from profiles.model import Profile, Window
from tests.profiles.test_laws import NIGHTS, windows

FAR = [(zone, date(2027, 3, 14)) for zone in ("Pacific/Kiritimati", "Etc/GMT+12", "Pacific/Chatham", "UTC")]
crons = st.builds(
    Window,
    name=st.just("c"),
    concurrency=st.just(1),
    cron=st.sampled_from(("59 23 * * *", "0 0 * * *", "30 2 * * sun")),
    lasts=st.sampled_from((timedelta(minutes=5), timedelta(hours=24))),
    ramp_up=st.just(timedelta(hours=1)),
    ramp_down=st.just(timedelta(hours=1)),
)


def matters(span: Span, begins: int) -> bool:
    up, down = span.window.ramp_up.total_seconds(), span.window.ramp_down.total_seconds()
    return span.ends + down > begins and span.starts - up < begins + 86_400


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(NIGHTS + FAR), st.lists(st.one_of(windows(), crons), max_size=4))
def test_no_span_that_matters_in_a_date_is_missed(night: tuple[str, date], made: list[Window]) -> None:
    zone, around = night
    profile = Profile(name="p", baseline=0, windows=tuple(made))
    for day in (around - timedelta(days=1), around, around + timedelta(days=1)):
        number = (day - date(1970, 1, 1)).days
        wider = {span for span in spans_around(profile, zone, day) if matters(span, number * 86_400)}
        assert {near.span for near in spans_on(profile, zone, number)} == wider
