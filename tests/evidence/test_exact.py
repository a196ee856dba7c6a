"""Exact runs, and how evidence is shown."""

from fractions import Fraction

import pytest

from memorize.evidence import ExactRun
from memorize.evidence.render import verdict_html
from memorize.kernel.evidence import Finding, Outcome, check


def worst(factor, points):
    ratio = max(Fraction(p, p - 1) for p in points)
    outcome = Outcome.PROVED if ratio <= factor else Outcome.REFUTED
    return Finding(outcome, {"worst ratio": str(ratio)})


RUN = ExactRun(
    text="p/(p − 1) ≤ {factor} <for all p>",
    run=worst,
    constants={"factor": Fraction(2)},
    parameters={"points": range(2, 9)},
)


def test_a_run_decides_and_its_control_is_refuted():
    evidence = check("ratio", RUN, RUN.but(factor=Fraction(19, 10)))
    assert evidence.verdict()["strict"] == {"worst ratio": "2"}
    assert evidence.verdict()["kind"] == "exact run"


def test_bools_and_outcomes_will_do():
    def runs(result):
        return ExactRun(text="t", run=lambda: result).decide().outcome

    assert runs(True) == Outcome.PROVED
    assert runs(False) == Outcome.REFUTED
    assert runs(Outcome.UNDECIDED) == Outcome.UNDECIDED


@pytest.mark.parametrize("result", [1, None, "proved", 0.5])
def test_anything_else_is_refused(result):
    with pytest.raises(TypeError, match="run must return a bool"):
        ExactRun(text="t", run=lambda: result).decide()


@pytest.mark.parametrize("result", [Outcome.CONSISTENT, Finding(Outcome.PROVED, false_alarm=0.1)])
def test_chance_is_refused(result):
    with pytest.raises(ValueError, match="free of chance"):
        ExactRun(text="t", run=lambda: result).decide()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="run must be callable"):
        ExactRun(text="t", run=True)
    with pytest.raises(ValueError, match=r"parameters must not repeat the constants \['a'\]"):
        ExactRun(text="t", run=worst, constants={"a": 1}, parameters={"a": 2})


def test_an_exception_in_the_run_passes_through():
    with pytest.raises(ZeroDivisionError):
        ExactRun(text="t", run=lambda: 1 / 0).decide()


def test_the_html_is_two_lines_and_a_fold_that_tells_how():
    html = verdict_html(check("ratio", RUN, RUN.but(factor=Fraction(19, 10))))
    shown, fold = html.split("<details>")
    assert shown.count("<p") == 2
    assert "worst ratio" not in shown
    assert "worst ratio" in fold
    assert "The control:" not in fold  # its ratio is the claim's


def test_the_html_is_escaped_complete_and_always_the_same():
    evidence = check("ratio", RUN, RUN.but(factor=Fraction(19, 10)))
    html = verdict_html(evidence)
    assert html == verdict_html(check("ratio", RUN, RUN.but(factor=Fraction(19, 10))))
    assert "&lt;for" in html
    assert "<for" not in html
    for word in ("proved", "control refuted", "19/10", "worst ratio", 'data-outcome="proved"'):
        assert word in html
