"""The report as one HTML file: nothing is loaded from elsewhere, nothing runs in it.

    render_report(calls, ruleset=..., scorecard=..., title=..., generated_at=..., audio=..., lang="zh")

Every text that comes from outside (file names, metadata, transcripts, rule files) is escaped by the templates. A
content security policy forbids scripts, forms and every request; the style sheet is allowed by its digest.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from asr_qa.core.document import CallDocument, CallWarning
from asr_qa.core.finding import Trace
from asr_qa.core.metrics import DEFINITION_OF
from asr_qa.core.redacted import private_seconds, redacted
from asr_qa.core.rule import Ruleset
from asr_qa.core.scorecard import Scorecard
from asr_qa.core.segment import union
from asr_qa.render import format as formats
from asr_qa.render import svg, wording
from asr_qa.render.callchart import chart_of, kinds_of
from asr_qa.render.calls import AudioSource, ReportCall
from asr_qa.render.callview import build_call
from asr_qa.render.clipbook import MAX_AUDIO_BYTES, ClipBook
from asr_qa.render.figures import FEW, MAX_BARS, build_figures
from asr_qa.render.measures import anchor_of, definition_of, measures
from asr_qa.render.naming import Card
from asr_qa.render.remarks import remark
from asr_qa.render.texts import Lang, Texts
from asr_qa.render.views import CallView, EvidenceView

__all__ = ["AudioSource", "ReportCall", "no_audio", "render_report"]

_TEMPLATES = "templates"
_PRELOADED = 100


def render_report(
    calls: Sequence[ReportCall],
    *,
    ruleset: Ruleset,
    scorecard: Scorecard,
    title: str,
    generated_at: datetime,
    audio: AudioSource,
    lang: Lang = "zh",
    max_audio_bytes: int = MAX_AUDIO_BYTES,
    unredacted: bool = False,
) -> str:
    """The report as HTML text; write it as UTF-8.

    Args:
        calls: In the order in which they are shown.
        ruleset: Names the rules; one that it does not know is shown by its id.
        scorecard: Names the criteria and gives the pass mark. Calls scored on another card are shown, but are in
            no indicator.
        title: Of the report.
        generated_at: When it was made.
        audio: Gives the clips of the evidence. It is asked for fatal rules first, then major, then minor ones, each
            time call by call; never for more than 12 s, never twice for the same. What `muted` of the call names it
            must leave silent.
        lang: Language of everything that is not data.
        max_audio_bytes: Size of all clips as written. When it is reached the rest is left out, and the report says so.
        unredacted: Show and play what is private, too.
    """
    texts = Texts(lang)
    card = Card.of(ruleset, scorecard, texts)
    calls = calls if unredacted else [_without_private(call) for call in calls]
    views = [build_call(number, call, card) for number, call in enumerate(calls, start=1)]
    clips = ClipBook(audio, max_bytes=max_audio_bytes)
    clips.fetch(request for view in views for request in view.requests)
    style = _style()
    page = _environment().get_template("report.html.j2")
    html = page.render(
        t=texts,
        card=card,
        ruleset=ruleset,
        tried=len({finding.rule_id for call in calls for finding in call.document.findings}),
        scorecard=scorecard,
        title=title,
        generated_at=generated_at,
        style=Markup(style),  # noqa: S704 - our own file
        style_digest=_digest(style),
        views=views,
        figures=build_figures(views, card),
        few=FEW,
        max_bars=MAX_BARS,
        left_out=clips.left_out,
        measures=measures([call.document for call in calls], lang),
        helper=_Helper(texts, clips),
    )
    # A file name that is no valid Unicode must not keep the report from being written.
    return html.encode("utf-8", "replace").decode("utf-8")


def _without_private(call: ReportCall) -> ReportCall:
    muted = union(call.muted, private_seconds(call.document.utterances))
    return replace(call, document=redacted(call.document), muted=muted)


def no_audio(_call: ReportCall, _start: float, _end: float) -> bytes | None:
    """An audio source without audio."""
    return None


@dataclass(frozen=True, slots=True)
class _Helper:
    """What templates call."""

    texts: Texts
    clips: ClipBook

    @property
    def preload(self) -> str:
        """Whether players show their length at once: opening hundreds of them takes a browser seconds."""
        return "metadata" if self.clips.count <= _PRELOADED else "none"

    def timeline(self, view: CallView) -> Markup:
        """The timeline of a call."""
        return svg.timeline(chart_of(view, self.texts))

    def legend(self, view: CallView) -> tuple[str, ...]:
        """Kinds of marks on it."""
        return kinds_of(chart_of(view, self.texts))

    def definition(self, figure: str, document: CallDocument) -> str:
        """What a figure of a call is measured by."""
        return definition_of(figure, document)

    def anchor(self, figure: str) -> str:
        """Where that definition stands."""
        return anchor_of(DEFINITION_OF[figure])

    def meter(self, share: float, label: str) -> Markup:
        """A small bar."""
        return svg.meter(share, kind="full" if share >= 1 else "", label=label)

    def condition(self, trace: Trace) -> str:
        """A condition of a trace in words."""
        return wording.condition(trace.condition, self.texts.lang)

    def remark(self, warning: CallWarning) -> str:
        """What is wrong with the recording."""
        return remark(warning, self.texts)

    def note(self, trace: Trace) -> str:
        """What is remarked on it."""
        return wording.note(trace.note, self.texts)

    def audio(self, place: EvidenceView) -> Markup | None:
        """The clip as a data: URI. Base64 needs no escaping, which takes long on megabytes."""
        uri = self.clips.uri(place.clip) if place.clip else None
        return Markup(uri) if uri else None  # noqa: S704 - made by us, see above

    def silence_note(self, place: EvidenceView, path: str) -> str:
        """Why there is no player."""
        if place.more:
            return self.texts("clip_more", path=path, time=place.time)
        if place.clip is None:
            return self.texts("clip_whole") if place.whole else ""
        key = "clip_cap" if self.clips.is_left_out(place.clip) else "clip_missing"
        return self.texts(key, path=path, time=place.time)


@cache
def _environment() -> Environment:
    # Named .j2, so that "by extension" would not escape: it is on for every template.
    environment = Environment(
        loader=PackageLoader("asr_qa.render", _TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clock"] = formats.clock
    environment.filters["points"] = formats.points
    environment.filters["percent"] = formats.percent
    environment.filters["span"] = formats.span
    environment.filters["isotime"] = lambda moment: moment.isoformat(timespec="seconds")
    environment.filters["datetime"] = lambda moment: moment.strftime("%Y-%m-%d %H:%M %Z").strip()
    return environment


@cache
def _style() -> str:
    return resources.files("asr_qa.render").joinpath(_TEMPLATES, "report.css").read_text(encoding="utf-8")


@cache
def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
