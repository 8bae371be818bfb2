"""Counting answers."""

from underpaint.faces._http.meter import Meter


def test_answers_are_counted_by_method_and_status() -> None:
    meter = Meter()
    for method, status, seconds in (
        ("GET", 200, 0.001),
        ("GET", 200, 0.2),
        ("POST", 422, 100.0),
        ('X"\n', 405, 0.0),
        ("Y", 405, 0.0),
    ):
        meter.count(method, status, seconds)
    lines = meter.lines()
    assert 'underpaint_http_answers_total{method="GET",status="200"} 2' in lines
    assert 'underpaint_http_answers_total{method="other",status="405"} 2' in lines
    assert 'underpaint_http_answer_seconds_bucket{le="0.5"} 4' in lines
    assert 'underpaint_http_answer_seconds_bucket{le="+Inf"} 5' in lines
    assert "underpaint_http_answer_seconds_sum 100.201000" in lines


def test_nothing_is_counted_at_first() -> None:
    assert "underpaint_http_answer_seconds_count 0" in Meter().lines()
