"""What the errors of file systems mean."""

import errno
import os

import pytest

from upscaled.core.causes import CAUSES, cause_of, outage
from upscaled.nouns import Hold

MET_ON_SHARES = {
    *("ESTALE", "EHOSTDOWN", "EHOSTUNREACH", "ENETUNREACH", "EBUSY", "EIO", "ETIMEDOUT", "EROFS"),
    *("EDQUOT", "ENOSPC", "ENOTCONN", "EACCES", "EPERM", "EKEYEXPIRED", "EREMOTEIO", "ENODEV"),
}


@pytest.mark.parametrize("name", sorted(MET_ON_SHARES))
def test_what_is_met_on_shares_has_words_and_something_to_do(name: str) -> None:
    cause = CAUSES[getattr(errno, name)]

    assert cause.says
    assert "by itself" in cause.hint
    assert cause.hold is (Hold.DISK if name in {"ENOSPC", "EDQUOT"} else Hold.SHARE)


def test_no_number_stands_in_the_table_twice_and_every_number_is_later() -> None:
    told = [outage("/share", OSError(number, os.strerror(number))) for number in errno.errorcode]

    assert {one.hold for one in told} == {"share", "disk"}
    assert all(one.message.startswith("/share: ") and one.hint for one in told)
    assert len(CAUSES) > len(MET_ON_SHARES)


def test_an_error_without_a_number_keeps_its_own_words() -> None:
    assert cause_of(OSError("the pipe is bent")).says == "the pipe is bent"
