"""Folders that answer: which name says what, and whose a sidecar is."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from upscaled.core.boxes import BOXES, Box, box_of, claim_of, fits, is_leftover, refusal
from upscaled.nouns import Acceptance, Artifact, Facts, Family, Job, State

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RESULT = Artifact(path="", sha256="r", bytes=1, width=1, height=1, format="PNG")
JOB = Job(
    id="j1",
    state=State.REVIEW,
    watch=0,
    path="4k/a.png",
    size=1,
    mtime_ns=1,
    inode=1,
    sha256="s",
    seen_at=NOW,
    updated_at=NOW,
    facts=Facts(result=RESULT),
)
ACCEPT = Box(root="review", name="_accept", verb="accept")
RETRY = Box(root="failed", name="_retry", verb="retry")


@pytest.mark.parametrize(
    ("root", "name", "verb", "family"),
    [
        ("review", "_accept", "accept", None),
        ("review", "_ACCEPT", "accept", None),
        ("review", "_redo", "redo", None),
        ("review", "_redo-core", "redo", Family.CORE),
        ("review", "_Redo Text", "redo", Family.TEXT),
        ("review", "_redo_cgi", "redo", Family.CGI),
        ("failed", "_retry", "retry", None),
    ],
)
def test_a_box_is_known_by_its_name(root: str, name: str, verb: str, family: Family | None) -> None:
    found = box_of(root, name)

    assert found == Box(root=root, name=name, verb=verb, family=family)


@pytest.mark.parametrize(
    ("root", "name"),
    [
        ("review", "accept"), ("review", "4k"), ("review", "_retry"), ("failed", "_accept"),
        ("review", "_redo-oil"), ("review", "_"), ("review", "_accepted"),
        ("review", "_redo-core-text"),
    ],
)  # fmt: skip
def test_any_other_folder_is_none(root: str, name: str) -> None:
    assert box_of(root, name) is None


def test_every_family_has_its_box() -> None:
    found = {box.family for name in BOXES["review"] if (box := box_of("review", name))}

    assert found == {None, *Family}


def told(**changes: object) -> dict[str, object]:
    whole = {
        "schema": "upscaled/receipt/1",
        "job": "j1",
        "source": {"sha256": "s"},
        "result": {"sha256": "r"},
    }
    return whole | changes


def test_a_sidecar_fits_its_job_alone() -> None:
    claim = claim_of(told())

    assert claim is not None
    assert fits(claim, JOB)
    assert not fits(claim, replace(JOB, id="j2"))
    assert not fits(claim, replace(JOB, sha256="other"))
    other = replace(RESULT, sha256="other")
    assert not fits(claim, replace(JOB, facts=Facts(result=other)))


@pytest.mark.parametrize(
    "changes",
    [{"schema": "somebody/1"}, {"job": 7}, {"job": None}],
)
def test_what_is_no_sidecar_of_ours_claims_nothing(changes: dict[str, object]) -> None:
    assert claim_of(told(**changes)) is None
    assert claim_of([]) is None
    assert claim_of("text") is None


def test_a_sidecar_with_odd_parts_fits_nothing() -> None:
    claim = claim_of(told(source=[], result={"sha256": 7}))

    assert claim is not None
    assert not fits(claim, JOB)


def test_a_failed_job_is_known_by_its_own_sidecar_and_by_that_of_its_rejected_result() -> None:
    failed = replace(JOB, state=State.FAILED)
    reason, review = claim_of(told(result={"sha256": None})), claim_of(told())

    assert reason is not None
    assert review is not None
    assert fits(reason, failed)
    assert fits(review, failed)


def test_a_box_takes_what_waits_and_says_why_not_the_rest() -> None:
    accepted = Facts(result=RESULT, accepted=Acceptance(at=NOW, by="x"))

    assert refusal(ACCEPT, JOB) is None
    assert refusal(RETRY, replace(JOB, state=State.FAILED)) is None
    assert "rejected already" in str(refusal(ACCEPT, replace(JOB, state=State.FAILED)))
    assert "accepted already" in str(
        refusal(ACCEPT, replace(JOB, state=State.DONE, facts=accepted))
    )
    assert "never waited" in str(refusal(ACCEPT, replace(JOB, state=State.DONE)))
    assert "done again" in str(refusal(ACCEPT, replace(JOB, state=State.SUPERSEDED)))
    assert "tried again" in str(refusal(RETRY, replace(JOB, state=State.DONE)))


def test_words_are_left_over_once_their_result_was_answered() -> None:
    accepted = Facts(accepted=Acceptance(at=NOW, by="x"))

    assert is_leftover(replace(JOB, state=State.DONE, facts=accepted))
    assert is_leftover(replace(JOB, state=State.FAILED, facts=Facts(rejected="4k/a.png")))
    assert not is_leftover(replace(JOB, state=State.FAILED))
    assert not is_leftover(replace(JOB, state=State.CLEARING, facts=accepted))
