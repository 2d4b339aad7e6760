"""What leaves the store: the one place that decides which texts and paths a user gets to see.

Every text of a call that the API sends passes through `present_document`, and every comment through what `remarks_of`
gives: they mask what is private in it for all who may not see that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import PurePath

from asr_qa.core.document import CallDocument
from asr_qa.core.masking import put_back
from asr_qa.core.redacted import Veil, redacted, redacted_remark
from asr_qa.errors import NotFoundError, PermissionDeniedError
from asr_qa.pipeline.store import CallFilters, CallSummary, Store, StoredCall
from asr_qa.pipeline.tokens import Principal, Scope

Remark = Callable[[str], str]
"""Gives a comment as the reader may see it."""


def present_document(document: CallDocument, principal: Principal) -> CallDocument:
    """The document as this user may see it."""
    if not principal.may(Scope.UNREDACTED):
        document = redacted(document)
    recording = replace(document.recording, path=present_path(document.recording.path, principal))
    return replace(document, recording=recording)


def remarks_of(call: StoredCall, principal: Principal) -> Remark:
    """Gives what a reviewer wrote about a call as this user may see it."""
    if principal.may(Scope.UNREDACTED):
        return str
    veil = Veil(call.document.utterances if call.document else ())
    return lambda text: redacted_remark(text, veil)


def meant_remark(sent: str, stored: Iterable[str], show: Remark) -> str:
    """What a user means who sends a comment: what it hides as it was shown masked is what the stored one says there.

    Args:
        sent: A comment.
        stored: Those that the user may have been shown in its place, the likeliest first.
        show: Gives a comment as the user sees it.
    """
    meant = (whole for text in stored if (whole := put_back(sent, text, show(text))) is not None)
    # In other words around it a number might no longer pass for one, and be read by whom it was hidden from.
    return next((whole for whole in meant if show(whole) == sent), sent)


def present_path(path: str, principal: Principal) -> str:
    """The file name; with its folders only for those who look after the machine."""
    return path if principal.may(Scope.PATHS_READ) else PurePath(path).name


def visible_call(store: Store, call_id: str, principal: Principal) -> StoredCall:
    """A call that this user may see; one of somebody else is as if it did not exist.

    Raises:
        NotFoundError: There is no such call, or none for this user.
    """
    call = store.get_call(call_id)
    if call is None or not _may_see(call.summary, principal):
        raise NotFoundError(f"there is no call {call_id}")
    return call


def visible_filters(filters: CallFilters, principal: Principal) -> CallFilters:
    """The filters, narrowed to what this user may see.

    Raises:
        PermissionDeniedError: The filters ask for the calls of somebody else.
    """
    if principal.may(Scope.CALLS_READ):
        return filters
    if filters.agent not in (None, principal.agent_id):
        raise PermissionDeniedError("agents see their own calls only; leave out the filter agent")
    return replace(filters, agent=principal.agent_id or "")


def _may_see(call: CallSummary, principal: Principal) -> bool:
    if principal.may(Scope.CALLS_READ):
        return True
    return principal.agent_id is not None and call.agent_id == principal.agent_id
