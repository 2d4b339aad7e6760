"""Settings that are misspelt do not pass unseen."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from asr_qa.config import Settings, unknown_variables


def test_variables_that_are_no_settings_are_named() -> None:
    environment = ["ASR_QA_WORKERS", "ASR_QA_WORKER", "ASR_QA_ASR__MODEL", "ASR_QA_DATA_DIR", "PATH", "ASR_QA_ASRMODEL"]
    assert unknown_variables(environment) == ["ASR_QA_ASRMODEL", "ASR_QA_WORKER"]


def test_a_misspelt_setting_of_a_group_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASR_QA_SERVER__REQUIRE_TOKN", "false")
    with pytest.raises(ValidationError, match="require_tokn"):
        Settings()


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:0", "cuda:1", "cuda:15"])
def test_a_device_may_name_a_card(monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setenv("ASR_QA_ASR__DEVICE", device)
    assert Settings().asr.device == device


@pytest.mark.parametrize("device", ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:0,1", "cpu:1", "auto:0", "cuda:1\n"])
def test_a_device_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setenv("ASR_QA_ASR__DEVICE", device)
    with pytest.raises(ValidationError, match="device"):
        Settings()
