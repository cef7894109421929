"""
fal's queue: one paid POST, then looks at where it stands.

The POST is sent once a call, whatever happens. Status answers are read for their JSON, not their
code; fal says "failed" as COMPLETED with an error, or as an error in place of the result.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from upscaled.edge.fal import answers, refusals
from upscaled.edge.fal.addresses import REQUEST_ID, Addresses
from upscaled.edge.fal.history import History, ready
from upscaled.edge.fal.upload import lifecycle
from upscaled.edge.fal.wire import Answer, Ask, Dropped, Wire
from upscaled.errors import Aside, Doubt, Outage
from upscaled.nouns import Code, Pass, Standing, Ticket


def question(one: Pass, image_url: str) -> dict[str, Any]:
    """
    Return the model's input.

    A field an endpoint does not know is a 422, so the factor goes only to those that enlarge by
    choice: `restore`, `denoise` and the like keep the size, `transparent` is fixed at 4.
    """
    asked: dict[str, Any] = {**one.params, "image_url": image_url}
    if one.model:
        asked["model"] = one.model
    if "/upscale/" in one.endpoint and not one.endpoint.endswith("/transparent"):
        asked["upscale_factor"] = one.factor
    return asked


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """What a COMPLETED status tells."""

    error: str
    kind: str
    seconds: float | None

    @classmethod
    def of(cls, body: dict[str, Any]) -> "_Ended":
        metrics = body.get("metrics")
        seconds = metrics.get("inference_time") if isinstance(metrics, dict) else None
        return cls(
            error=answers.quote(body.get("error") or ""),
            kind=str(body.get("error_type") or ""),
            seconds=answers.number(seconds),
        )


class Queue:
    """Submit, look, cancel."""

    def __init__(
        self, wire: Wire, addresses: Addresses, history: History, now: Callable[[], datetime]
    ) -> None:
        self._wire = wire
        self._addresses = addresses
        self._history = history
        self._now = now

    def submit(self, one: Pass, image_url: str) -> Ticket:
        """Send the paid request once; see `flow/ports.Engine` for what is raised."""
        answer = self._post(one, question(one, image_url))
        if not answer.ok:
            raise refusals.of_submit(answer, one.endpoint, self._now())
        body = answer.body if isinstance(answer.body, dict) else {}
        for found in (body.get("request_id"), answer.headers.get("x-fal-request-id")):
            if isinstance(found, str) and REQUEST_ID.fullmatch(found):
                return self._addresses.ticket(one.endpoint, found, body)
        raise Doubt(
            f"fal took the paid request ({answer.status}) but named no request id",
            "it is looked up at fal before anything is sent again",
        )

    def _post(self, one: Pass, asked: dict[str, Any]) -> Answer:
        """Ask the queue, or its backup host where no connection came about; never twice."""
        unsent: Outage | None = None
        for base in self._addresses.queues:
            url = f"{base}/{one.endpoint}"
            try:
                return self._wire.ask(
                    Ask(method="POST", url=url, headers=self._headers(), json=asked, paid=True)
                )
            except Dropped as broken:
                raise Doubt(
                    f"{broken.message} while the paid request was under way",
                    "it is looked up at fal before anything is sent again",
                ) from None
            except Outage as trouble:
                unsent = unsent or trouble
        raise unsent or Outage("no queue is configured", "set [fal] queue_url")

    def _headers(self) -> dict[str, str]:
        """
        Return the headers of a submit.

        The start timeout makes doubt finite. `X-Fal-No-Retry` stays unsent: fal's own retries keep
        the request id and cost nothing. Its history stays on: it is how doubt is resolved.
        """
        options = self._addresses.options
        return {
            "X-Fal-Request-Timeout": f"{options.start_timeout_seconds:g}",
            "X-Fal-Object-Lifecycle-Preference": lifecycle(options.output_lifecycle_seconds),
            "x-app-fal-disable-fallback": "true",
        }

    def poll(self, one: Pass, ticket: Ticket) -> Standing:
        """Look once; unknown words count as running, missing fields as unsaid."""
        answer = self._get(self._believed(one, ticket).status_url + "?logs=0")
        if answer.status == 404:
            return self._history.recover(one, ticket)
        if not answer.ok:
            raise refusals.of_free_call(answer, self._now())
        body = answer.record()
        if body.get("status") == "COMPLETED":
            return self._result(one, ticket, _Ended.of(body))
        return Standing(state="queued" if body.get("status") == "IN_QUEUE" else "running")

    def _result(self, one: Pass, ticket: Ticket, ended: _Ended) -> Standing:
        failed = refusals.of_ended(ended.kind, ended.error, None)
        if failed is not None:
            raise failed
        answer = self._get(self._believed(one, ticket).response_url)
        if answer.status == 404 and not answers.complaints(answer.body):
            return self._history.recover(one, ticket)
        if answer.status in {401, 403, 408, 429}:
            raise refusals.of_free_call(answer, self._now())
        return (
            self._picture(answer, ended) if answer.ok else self._failed(one, ticket, answer, ended)
        )

    def _picture(self, answer: Answer, ended: _Ended) -> Standing:
        units = answers.billable_units(answer.headers)
        if not answer.readable:
            answer.record()
        found = ready(self._addresses, answer.body, ended.seconds, units)
        if found is not None:
            return found
        said = ended.error or "the result holds no picture"
        code = Code.REFUSED if ended.error else Code.BAD_RESULT
        raise Aside(code, f"fal: {said}", "retry it to pay once more", billed_units=units)

    def _failed(self, one: Pass, ticket: Ticket, answer: Answer, ended: _Ended) -> Standing:
        """Raise what the error in place of a result means; fal's history arbitrates."""
        if 300 <= answer.status < 400:
            raise refusals.unavailable(answer, self._now())
        if answer.readable:
            failed = refusals.of_result(answer, one.endpoint, ended.error)
            if failed is not None:
                raise failed
        return self._history.recover(one, ticket)

    def cancel(self, ticket: Ticket) -> None:
        """Ask to drop the request. Too late, unknown or already done is fine: polling tells."""
        if not self._addresses.of_request(ticket.cancel_url, ticket.request_id):
            raise Outage("this request cannot be cancelled from here", "its address is not fal's")
        answer = self._wire.ask(Ask(method="PUT", url=ticket.cancel_url))
        if not answer.ok and answer.status not in {400, 404, 409}:
            raise refusals.of_free_call(answer, self._now())

    def _believed(self, one: Pass, ticket: Ticket) -> Ticket:
        """Return the ticket with every address checked again: the config may have changed since."""
        kept = {
            "status_url": ticket.status_url,
            "response_url": ticket.response_url,
            "cancel_url": ticket.cancel_url,
        }
        return self._addresses.ticket(one.endpoint, ticket.request_id, dict(kept))

    def _get(self, url: str) -> Answer:
        """Look, on the other queue host where no connection came about: it knows the same."""
        first, *others = self._addresses.also_at(url)
        try:
            return self._wire.ask(Ask(method="GET", url=first))
        except Dropped:
            raise
        except Outage:
            for other in others:
                with suppress(Outage):
                    return self._wire.ask(Ask(method="GET", url=other))
            raise
