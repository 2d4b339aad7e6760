"""The `timing:` block of a scorecard: parameters of the definitions, each in its bounds, none against another."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from asr_qa.core.lexicon import ACKNOWLEDGEMENTS, EXCUSES, IVR, fold
from asr_qa.core.options import TimingOptions, timing_problems
from asr_qa.messages import say
from asr_qa.ruleset.foreign import translated
from asr_qa.ruleset.schema import Names, Strict, wrong

Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]


class TimingModel(Strict):
    """timing; seconds unless said otherwise. What is left out keeps its default."""

    speech_bridge: Seconds | None = None
    turn_bridge: Seconds | None = None
    turn_taken: Seconds | None = None
    silence_min: Seconds | None = None
    hold_min: Seconds | None = None
    dead_air_min: Seconds | None = None
    dead_air_serious: Seconds | None = None
    excuse_lead: Seconds | None = None
    excuse_max: Seconds | None = None
    overlap_min: Seconds | None = None
    interruption_onset: Seconds | None = None
    interruption_overlap: Seconds | None = None
    interruption_yield: Seconds | None = None
    backchannel_max: Seconds | None = None
    backchannel_min: Seconds | None = None
    backchannel_unheard: Seconds | None = None
    backchannel_apart: Seconds | None = None
    backchannel_pause: Seconds | None = None
    backchannel_confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    monologue_min: Seconds | None = None
    rate_turn_min: Annotated[float, Field(ge=1, le=1000)] | None = None
    rate_least: Seconds | None = None
    ivr_gap: Seconds | None = None
    ivr_spoken: Seconds | None = None
    ivr_ring: Seconds | None = None
    acknowledgements: Names | None = None
    """In place of the list that comes along."""
    more_acknowledgements: Names = Field(default_factory=list)
    """Besides it."""
    excuses: Names | None = None
    more_excuses: Names = Field(default_factory=list)
    prompts: Names | None = None
    more_prompts: Names = Field(default_factory=list)

    @field_validator("acknowledgements", "more_acknowledgements", "excuses", "more_excuses", "prompts", "more_prompts")
    @classmethod
    def _words(cls, value: list[str] | None) -> list[str] | None:
        for phrase in value or ():
            if not fold(phrase):
                raise wrong(say("phrase_empty", phrase=phrase), say("write_words"))
        return value

    @model_validator(mode="after")
    def _whole(self) -> TimingModel:
        for name, problem in timing_problems(self.options()):
            value = float(getattr(self.options(), name))
            raise wrong(say("timing", name=name, value=value, problem=translated(problem)), say("set_both"))
        return self

    def options(self) -> TimingOptions:
        """The parameters in force."""
        names = {field.name for field in fields(TimingOptions)} - {"acknowledgements", "excuses", "prompts"}
        given: dict[str, Any] = {name: value for name in names if (value := getattr(self, name)) is not None}
        own = self.acknowledgements if self.acknowledgements is not None else ACKNOWLEDGEMENTS
        excuses = self.excuses if self.excuses is not None else EXCUSES
        prompts = self.prompts if self.prompts is not None else IVR["menu"]
        return TimingOptions(
            **given,
            acknowledgements=_listed(own, self.more_acknowledgements),
            excuses=_listed(excuses, self.more_excuses),
            prompts=_listed(prompts, self.more_prompts),
        )


def _listed(words: list[str] | tuple[str, ...], more: list[str]) -> tuple[str, ...]:
    """Both lists; the very list that comes along where nothing is added, which is looked through faster."""
    return words if isinstance(words, tuple) and not more else (*words, *more)
