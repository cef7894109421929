"""
What an unhappy answer of fal means for us: the kind of error that is raised, with its sentence.

Pure: an answer goes in, an exception of ours comes out (it is returned, not raised). The tables
hold fal's error types as its error pages list them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from upscaled.edge.fal import answers
from upscaled.edge.fal.answers import Complaint
from upscaled.edge.fal.wire import Answer
from upscaled.errors import Aside, Doubt, Outage, Stop, UpscaledError, Void
from upscaled.nouns import Code, Hold

UNSERVED = frozenset({
    "request_timeout",
    "startup_timeout",
    "runner_scheduling_failure",
    "runner_connection_timeout",
    "runner_disconnected",
    "runner_connection_refused",
    "runner_connection_error",
    "runner_incomplete_response",
    "runner_server_error",
    "internal_error",
    "internal_server_error",
    "generation_timeout",
    "downstream_service_unavailable",
    "file_download_error",
})  # fmt: skip
"""Ended at fal's side without a result; no output, so no bill: a new submit is worth it."""

UNBEGUN = frozenset({"request_timeout", "startup_timeout", "runner_scheduling_failure"})
"""Of these, no model ever began on the picture: however often that is, it is no fault of it."""

UNWANTED = {
    "client_disconnected": "fal ended the request: its caller went away",
    "client_cancelled": "the request was cancelled at fal",
    "bad_request": "fal calls the request a bad one",
}
"""Ended by the asker's side; asking the same again would end the same."""

PICTURE_FAULTS = {
    "content_policy_violation": "fal's content policy refuses the picture",
    "no_media_generated": "the model made nothing of the picture",
    "image_too_small": "the picture is too small for the model",
    "image_too_large": "the picture is too large for the model",
    "image_load_error": "the model could not read the picture",
    "file_too_large": "the file is too large for the model",
    "face_detection_error": "the model found no face it could work on",
    "unsupported_image_format": "the model does not take this file format",
    "unsupported_video_format": "the model does not take this clip's format",
    "video_duration_too_long": "the clip is too long for the model",
    "video_duration_too_short": "the clip is too short for the model",
    "feature_not_supported": "the model does not do this for the picture",
    "downstream_service_error": "the model's maker refused the picture",
}
"""About this picture: another would pass, so nothing pauses."""

_WAITS = "jobs wait and go on by themselves"


def locked(answer: Answer) -> Stop:
    """Return what a 401, 402 or 403 means: the whole engine pauses, no picture fails."""
    text = answers.detail_text(answer.body)
    lower = text.lower()
    if answer.status == 401:
        return Stop(
            Hold.LOCKED, "fal does not know the key (401)", f"put a valid one in FAL_KEY; {_WAITS}"
        )
    if answer.status == 402 or "locked" in lower or "balance" in lower:
        said = f" It says: {text.rstrip('.')}" if text else ""
        return Stop(
            Hold.LOCKED,
            f"fal has locked the account ({answer.status}).{said}",
            f"top it up at fal.ai/dashboard/billing; {_WAITS}",
        )
    said = f": {text}" if text else ""
    return Stop(
        Hold.LOCKED,
        f"fal forbids the key this call (403){said}",
        f"give the key the API scope at fal.ai/dashboard/keys; {_WAITS}",
    )


def unavailable(answer: Answer, now: datetime) -> Outage:
    """Return any other answer to a free call that is no 2xx: it may be asked again at leisure."""
    text = answers.detail_text(answer.body)
    if answer.status == 429:
        said = "fal asks to slow down (429)"
    else:
        said = f"fal answered {answer.status}" + (f": {text}" if text else "")
    return Outage(said, _WAITS, after_seconds=answers.retry_after(answer.headers, now))


def of_free_call(answer: Answer, now: datetime) -> UpscaledError:
    """Return what a refused free call means (token, status, list): a lock, or an outage."""
    return locked(answer) if answer.status in {401, 402, 403} else unavailable(answer, now)


def of_submit(answer: Answer, endpoint: str, now: datetime) -> UpscaledError:
    """
    Return what a refused submit means; `Doubt` unless fal itself surely declined.

    Only JSON counts as fal's own word: HTML comes from an ingress that may sit behind or before an
    accepted request. A 429 is the exception, as it is answered before anything is queued.
    """
    if answer.status == 429:
        return unavailable(answer, now)
    own_word = answer.readable and isinstance(answer.body, dict)
    if own_word and answer.status in {401, 402, 403}:
        return locked(answer)
    if own_word and answer.status in {404, 405, 410}:
        return Stop(
            Hold.ENDPOINT,
            f"fal does not know the endpoint {endpoint} ({answer.status})",
            "fal may have renamed it: see [fal] family and rules/",
            endpoint,
        )
    if own_word and answer.status in {400, 413, 422}:
        return _of_input(answer, endpoint)
    return Doubt(
        f"fal answered the paid request with {answer.status}: nobody knows whether it took it",
        "it is looked up at fal before anything is sent again",
    )


def of_ended(kind: str, text: str, units: float | None) -> UpscaledError | None:
    """Return what an infrastructure error type of an ended request means, None if it is none."""
    if kind in UNWANTED:
        said = f"{UNWANTED[kind]}" + (f" ({text})" if text else "")
        return Aside(Code.REFUSED, said, "retry it if that was not meant", billed_units=units)
    if kind in UNSERVED:
        said = f"fal could not serve the request: {kind.replace('_', ' ')}"
        return _void(said, units, begun=kind not in UNBEGUN)
    return None


def of_result(answer: Answer, endpoint: str, text: str = "") -> UpscaledError | None:
    """
    Return what a 4xx or 5xx in place of a result means; None where it does not say.

    `text` is the error that the request's status told, empty where it told none. A 5xx is unbilled
    and our attempts are counted, so it is submitted anew even where `X-Fal-Needs-Retry` is 0: that
    only tells fal's own gateway not to repeat it.
    """
    units = answers.billable_units(answer.headers)
    said = answers.detail_text(answer.body) or text
    kind = answers.error_type(answer.body, answer.headers)
    ended = of_ended(kind, said, units)
    if ended is not None:
        return ended
    listed = answers.complaints(answer.body)
    if listed:
        return _of_complaints(answer, endpoint, listed)
    if answer.status >= 500:
        return _void(f"the model failed ({answer.status}): {said}", units) if text else None
    if isinstance(answer.body, dict) and said:
        return _refused(f"the model refused the picture: {said}", {}, units)
    return None


def of_listed(status: object, output: object, endpoint: str) -> UpscaledError | None:
    """Return what a request's row in fal's history means, None where it has not failed."""
    code = answers.count(status)
    if code is None or code < 400:
        return None
    answer = Answer(status=code, headers={}, body=output, readable=True)
    told = f"request ended with {code}"
    return of_result(answer, endpoint, told) or _refused(f"the {told} at fal", {}, None)


def _of_complaints(
    answer: Answer, endpoint: str, listed: tuple[Complaint, ...]
) -> UpscaledError | None:
    units = answers.billable_units(answer.headers)
    types = {one.type for one in listed}
    if "downstream_service_error" in types and answers.says_retry(answer.headers):
        return _void("the model's maker had a passing fault", units)
    for one in listed:
        if one.type in PICTURE_FAULTS:
            return _refused(PICTURE_FAULTS[one.type], one.limits, units)
    unserved = types & UNSERVED
    if unserved:
        return _void(f"the model could not work: {' '.join(sorted(unserved))}", units)
    if answer.status >= 500:
        return _void(f"the model failed ({answer.status})", units)
    if all(set(one.loc) <= {"body"} for one in listed):
        # The model's own words, about no field of ours: a type fal has added since.
        return _refused(f"the model refused the picture: {listed[0].message}", {}, units)
    return _of_input(answer, endpoint)


def _of_input(answer: Answer, endpoint: str) -> UpscaledError:
    """Return what a refused input means: the picture is at fault, or we are."""
    listed = answers.complaints(answer.body)
    units = answers.billable_units(answer.headers)
    for one in listed:
        if one.type in PICTURE_FAULTS or "image_url" in one.loc:
            said = PICTURE_FAULTS.get(one.type, f"fal refuses the picture: {one.message}")
            return _refused(said, one.limits, units)
    places = ", ".join(".".join(one.loc) for one in listed if one.loc) or "the request"
    return Stop(
        Hold.ENDPOINT,
        f"{endpoint} refuses {places} ({answer.status}): {answers.detail_text(answer.body)}",
        "no picture is at fault: fal has changed the endpoint; mend its entry in rules/, resume",
        endpoint,
    )


def _refused(said: str, limits: Mapping[str, Any], units: float | None) -> Aside:
    named = ", ".join(f"{name} {value}" for name, value in limits.items())
    message = f"{said} ({named})" if named else said
    hint = "change the picture or choose another model, then drop it again"
    return Aside(Code.REFUSED, message, hint, billed_units=units)


def _void(said: str, units: float | None, *, begun: bool = True) -> UpscaledError:
    """Return `Void`; but what fal says it billed is never bought a second time on its own."""
    if units:
        hint = "it was billed; retry it to pay once more"
        return Aside(Code.REFUSED, f"{said}, and billed it", hint, billed_units=units)
    return Void(said, "it was not billed and is submitted anew", begun=begun)
