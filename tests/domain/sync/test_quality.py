"""Scores, complaints and rules of one's own, as pure functions."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from integration_tui.domain.config.sync_policy import CustomQualityRule, QualityPolicy
from integration_tui.domain.grades import GRADES
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.quality import (
    Graded,
    QualityFinding,
    QualityRule,
    Score,
    Severity,
    complaints,
    percent,
    trends,
)
from integration_tui.domain.sync.quality_rules import LONGEST, RULES, QualityCheck
from integration_tui.domain.sync.run import RunStatus
from tests.tui.fake_sync_services import a_run

USERS = Collection.USERS


def finding(count: int, severity: Severity = Severity.WARNING) -> QualityFinding:
    return QualityFinding(rule="r", severity=severity, collection=USERS, count=count)


FINDINGS = st.lists(
    st.builds(finding, st.integers(0, 10**6), st.sampled_from(list(Severity))), max_size=6
)


@given(st.integers(0, 10**6), FINDINGS)
def test_a_score_is_between_nothing_and_all(records: int, findings: list[QualityFinding]) -> None:
    assert 0 <= percent(records, findings) <= 100


@given(st.integers(1, 10**6), FINDINGS, st.integers(1, 100))
def test_one_more_finding_never_raises_a_score(
    records: int, findings: list[QualityFinding], count: int
) -> None:
    more = [*findings, finding(count)]

    assert percent(records, more) <= percent(records, findings)


@given(st.integers(1, 10**6), FINDINGS)
def test_all_points_are_given_only_where_nothing_costs_any(
    records: int, findings: list[QualityFinding]
) -> None:
    costs = any(
        graded_run.count and graded_run.severity is not Severity.INFO for graded_run in findings
    )

    assert (percent(records, findings) == 100) is not costs


def test_an_error_costs_its_record_a_warning_a_quarter_of_it() -> None:
    assert percent(4, [finding(1, Severity.ERROR)]) == 75
    assert percent(4, [finding(4)]) == 75
    assert percent(4, [finding(4, Severity.INFO)]) == 100
    assert percent(0, []) == 100


@pytest.mark.parametrize(
    ("score", "sentence"),
    [
        (
            Score(collection=USERS, records=9, percent=79),
            "quality score of users is 79, minimum 80",
        ),
        (Score(collection=USERS, records=9, percent=80), ""),
        (Score(collection=USERS, records=9, percent=85, before=96), "fell from 96 to 85"),
        (Score(collection=USERS, records=9, percent=85, before=95), ""),
        (Score(collection=USERS, records=9, percent=95, before=85), ""),
    ],
)
def test_a_low_or_falling_score_is_complained_of(score: Score, sentence: str) -> None:
    found = " ".join(complaints([score], least=80, most_lost=10))

    assert sentence in found
    assert bool(sentence) is bool(found)


def expected(**more: object) -> QualityCheck:
    return QualityCheck(
        CustomQualityRule.model_validate({"name": "own", "field": "users.identifier", **more})
    )


@given(st.lists(st.text(max_size=20), max_size=4))
def test_what_is_required_is_broken_only_by_nothing(values: list[str]) -> None:
    assert expected(required=True).is_broken_by(values) is not any(values)


@given(st.lists(st.text(max_size=20), max_size=4))
def test_what_matches_anything_is_never_broken(values: list[str]) -> None:
    assert not expected(matches="(?s).*").is_broken_by(values)


def test_the_whole_value_has_to_match_and_each_entry() -> None:
    rule = expected(matches="[0-9]{3}")

    assert not rule.is_broken_by(["123"])
    assert rule.is_broken_by(["1234"])
    assert rule.is_broken_by(["123", "x"])
    assert not rule.is_broken_by([""])


def test_a_very_long_value_is_found_without_being_matched() -> None:
    assert expected(matches="(x+x+)+y").is_broken_by(["x" * (LONGEST + 1)])


@pytest.mark.parametrize("text", ["(", "[a", "*", "(?P<a>x)(?P<a>y)"])
def test_an_expression_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="must be a regular expression"):
        expected(matches=text)


def test_two_rules_of_one_name_are_refused() -> None:
    rule = CustomQualityRule(name="own", field="users.email", required=True)

    with pytest.raises(ValidationError, match="two rules must not have the same name"):
        QualityPolicy(rules=(rule, rule))


def test_our_rules_can_be_named_in_a_config() -> None:
    for name, one in RULES.items():
        assert CustomQualityRule(name=name, field="users.email").name == one.name
        assert one.message
        assert one.advice
        assert one.severity is not Severity.ERROR  # only what cannot be stored is kept out


def test_the_grades_are_those_of_ceds() -> None:
    assert len(GRADES) == len(set(GRADES)) == 21
    assert {"KG", "01", "13", "PS", "UG", "Other"} <= set(GRADES)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_every_rule_stands_in_the_docs_with_what_it_costs(rule: QualityRule) -> None:
    page = (Path(__file__).parents[3] / "docs/sync.md").read_text()

    assert f"| `{rule.name}` | {rule.severity} | {rule.message} |" in page


def test_the_trend_of_a_collection_has_gaps_where_it_was_not_listed() -> None:
    def graded(number: int, **percents: int) -> Graded:
        scores = tuple(
            Score(collection=Collection(name), records=9, percent=percent)
            for name, percent in percents.items()
        )
        return Graded(run=a_run(number, RunStatus.APPLIED), scores=scores)

    users, classes = trends([graded(3, users=98), graded(2, classes=70), graded(1, users=91)])[::-1]

    assert (users.collection, users.scores, users.span) == ("users", (91, None, 98), "91-98")
    assert (classes.collection, classes.span) == ("classes", "70")
