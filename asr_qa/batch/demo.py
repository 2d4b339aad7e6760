"""The demo: score the sample calls, compare every verdict with the truth, write a report with the evidence to hear."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from asr_qa.batch.files import find_recordings, prepare_output, write_text
from asr_qa.batch.manifest import read_manifest
from asr_qa.batch.outcome import Outcome, Watcher
from asr_qa.batch.run import Run, items_of
from asr_qa.bootstrap import Rules, audio_reader, connect, load_rules
from asr_qa.config import AudioSettings, Settings
from asr_qa.core.document import CallDocument
from asr_qa.core.finding import Evidence, Finding, Verdict
from asr_qa.core.report import wilson
from asr_qa.errors import ConfigurationError
from asr_qa.messages import error_of
from asr_qa.pipeline.ports import Clock
from asr_qa.pipeline.voices import NO_MODEL
from asr_qa.render.calls import ReportCall
from asr_qa.render.clips import ClipCutter
from asr_qa.render.html import render_report
from asr_qa.render.texts import Lang
from asr_qa.render.wording import is_missing

MANIFEST = "manifest.csv"
TRUTH = ".truth.json"
UNPARTED = "unparted"
"""Field of a truth file: what can be said of a call on one channel without a model that tells voices apart."""
TOLERANCE = 1.0
"""Seconds by which evidence may miss the place where a deduction should open."""

_TITLES: Mapping[Lang, str] = {"zh": "示例通话质检报告", "en": "Quality report of the sample calls"}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a careful person says of a rule in a call."""

    verdict: Verdict
    at: tuple[float, float] | None = None
    """Where a deduction should open, in seconds; None where that is not said."""


Truth = Mapping[str, Expected]
"""By rule id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A verdict that is not the expected one."""

    call: str
    rule_id: str
    expected: Verdict
    got: Verdict | None
    """None where the rule gave no finding."""
    time: float | None
    """Seconds at which to listen: where something was found, else where it should have been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Verdicts of the sample calls against the truth."""

    same: int
    total: int
    places_total: int
    """Verdicts that agree, whose place is known, and that rest on something said or measured (not on its absence)."""
    places_same: int
    """Of these, the ones that rest on that place, give or take TOLERANCE."""
    disagreements: tuple[Disagreement, ...]

    @property
    def share(self) -> float | None:
        """Verdicts that agree, 0 to 1; None where there is nothing to compare."""
        return self.same / self.total if self.total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """What became of the sample calls."""

    outcomes: tuple[Outcome, ...]
    """In order of name."""
    calls: tuple[ReportCall, ...]
    """Those that were scored."""
    rules: Rules
    agreement: Agreement
    report: Path
    database: Path


def demo_settings(settings: Settings, out: Path, *, workers: int = 0) -> Settings:
    """The settings with which the sample calls are scored: models as configured, the shipped rules, an own database.

    The truth files speak of the shipped rules, and of recordings whose first channel is the agent.
    """
    defaults = Settings.model_fields
    return settings.model_copy(
        update={
            "database_url": f"sqlite:///{database_in(out)}",
            "rules_dir": None,
            "scorecard": defaults["scorecard"].default,
            "audio": AudioSettings(),
            "asr": settings.asr.model_copy(update={"language": "zh"}),
            "workers": workers or settings.workers,
        }
    )


def database_in(out: Path) -> Path:
    """The demo's own database."""
    return out.resolve() / "demo.db"


def run_demo(
    settings: Settings, samples: Path, out: Path, *, clock: Clock, watcher: Watcher, lang: Lang = "zh"
) -> DemoResult:
    """Score the sample calls and write report.html, calls/*.json and agreement.json below `out`.

    Args:
        settings: From `demo_settings`.
        samples: Folder of sample calls with their manifest and truth files.
        out: Folder for the results; what an earlier run scored is not scored again.
        clock: Dates what is stored and written.
        watcher: Is told how far it is.
        lang: Language of the report.

    Raises:
        OutputError: The folder cannot be written to.
        ConfigurationError: There are no sample calls.
    """
    prepare_output(out)
    if not (samples / MANIFEST).is_file():
        raise error_of(ConfigurationError, "no_samples", folder=str(samples))
    rules = load_rules(settings)
    outcomes = _score(settings, rules, samples, out, clock=clock, watcher=watcher)
    truths = {str(samples / name): truth for name, truth in read_truths(samples).items()}
    unparted = {str(samples / name): truth for name, truth in read_truths(samples, field=UNPARTED).items()}
    truths |= {
        name: unparted[name] for outcome in outcomes if (name := _stem(outcome)) in unparted and _unparted(outcome)
    }
    calls = tuple(_report_call(outcome, truths) for outcome in outcomes if outcome.document)
    agreement = compare([(Path(o.path).stem, o.document, _truth(o, truths)) for o in outcomes if o.document])
    result = DemoResult(
        outcomes=outcomes,
        calls=calls,
        rules=rules,
        agreement=agreement,
        report=out / "report.html",
        database=database_in(out),
    )
    write_text(out / "agreement.json", json.dumps(agreement_row(result), ensure_ascii=False, indent=1) + "\n")
    write_text(result.report, _html(result, settings, clock, lang))
    return result


def _score(
    settings: Settings, rules: Rules, samples: Path, out: Path, *, clock: Clock, watcher: Watcher
) -> tuple[Outcome, ...]:
    items, bad = items_of(find_recordings([samples]), read_manifest(samples / MANIFEST))
    store = connect(settings)
    try:
        run = Run(settings=settings, rules=rules, store=store, clock=clock, out=out / "calls", keep_documents=True)
        outcomes = [*bad, *run.score(items, watcher)]
    finally:
        store.close()
    return tuple(sorted(outcomes, key=lambda outcome: outcome.path))


# --- against the truth


def read_truths(samples: Path, *, field: str = "expected") -> dict[str, Truth]:
    """Stem of a sample call -> its expected verdicts; calls without any are left out.

    Args:
        samples: Folder of sample calls.
        field: "expected", or UNPARTED.
    """
    truths: dict[str, Truth] = {}
    for path in sorted(samples.glob(f"*{TRUTH}")):
        expected = json.loads(path.read_text(encoding="utf-8")).get(field)
        if expected:
            truths[path.name.removesuffix(TRUTH)] = {rule: _expected(said) for rule, said in expected.items()}
    return truths


def _expected(said: Mapping[str, Any]) -> Expected:
    at = said.get("at")
    return Expected(Verdict(said["verdict"]), (float(at[0]), float(at[1])) if at else None)


def _truth(outcome: Outcome, truths: Mapping[str, Truth]) -> Truth:
    return truths.get(_stem(outcome), {})


def _stem(outcome: Outcome) -> str:
    return str(Path(outcome.path).with_suffix(""))


def _unparted(outcome: Outcome) -> bool:
    """Whether both parties are on one channel and there was nothing to tell their voices apart with."""
    return outcome.document is not None and NO_MODEL in outcome.document.warnings


def compare(calls: Sequence[tuple[str, CallDocument, Truth]]) -> Agreement:
    """Every expected verdict with the one found.

    Args:
        calls: Name, document and truth of each call.
    """
    disagreements: list[Disagreement] = []
    places: list[bool] = []
    for name, document, truth in calls:
        found = {finding.rule_id: finding for finding in document.findings}
        for rule_id, expected in sorted(truth.items()):
            finding = found.get(rule_id)
            if finding is None or finding.verdict is not expected.verdict:
                disagreements.append(_disagreement(name, rule_id, expected, finding))
            elif expected.at is not None and (heard := [e for e in finding.evidence if not is_missing(e)]):
                places.append(any(_lies_at(evidence, expected.at) for evidence in heard))
    total = sum(len(truth) for _, _, truth in calls)
    return Agreement(
        same=total - len(disagreements),
        total=total,
        places_same=sum(places),
        places_total=len(places),
        disagreements=tuple(disagreements),
    )


def _lies_at(evidence: Evidence, at: tuple[float, float]) -> bool:
    return evidence.start <= at[1] + TOLERANCE and evidence.end >= at[0] - TOLERANCE


def _disagreement(call: str, rule_id: str, expected: Expected, finding: Finding | None) -> Disagreement:
    places = [evidence.start for evidence in finding.evidence] if finding else []
    fallback = expected.at[0] if expected.at else None
    return Disagreement(
        call=call,
        rule_id=rule_id,
        expected=expected.verdict,
        got=finding.verdict if finding else None,
        time=min(places, default=fallback),
    )


def agreement_row(result: DemoResult) -> dict[str, Any]:
    """The agreement as plain values."""
    agreement = result.agreement
    interval = wilson(agreement.same, agreement.total)
    return {
        "calls": len(result.calls),
        "verdicts": agreement.total,
        "agree": agreement.same,
        "share": agreement.share,
        "interval_95": [interval.low, interval.high] if interval else None,
        "places": {"known": agreement.places_total, "within_1_s": agreement.places_same},
        "models": asdict(result.calls[0].document.models) if result.calls else None,
        "disagreements": list(_disagreement_rows(result)),
    }


def _disagreement_rows(result: DemoResult) -> Iterator[dict[str, Any]]:
    for one in result.agreement.disagreements:
        rule = result.rules.ruleset.get(one.rule_id)
        title = {"zh": rule.title_zh, "en": rule.title_en} if rule else None
        yield {**asdict(one), "title": title}


# --- the report


def _report_call(outcome: Outcome, truths: Mapping[str, Truth]) -> ReportCall:
    assert outcome.document is not None  # noqa: S101 - only those are asked for
    truth = _truth(outcome, truths)
    expected = {rule: said.verdict for rule, said in truth.items()} if truth else None
    return ReportCall(document=outcome.document, expected=expected)


def _html(result: DemoResult, settings: Settings, clock: Clock, lang: Lang) -> str:
    cutter = ClipCutter(audio_reader(settings))
    return render_report(
        result.calls,
        ruleset=result.rules.ruleset,
        scorecard=result.rules.scorecard,
        title=_TITLES[lang],
        generated_at=clock.now().astimezone(),
        audio=lambda call, start, end: cutter.clip(call.document, start, end, muted=call.muted),
        lang=lang,
    )
