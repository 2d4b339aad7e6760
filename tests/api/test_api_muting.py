"""What is private in a call is silent for all who may not read it either."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from api_app import SEVERITIES, Api
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from asr_qa.api.muting import Muting, Samples, find_samples, silenced
from asr_qa.api.scratch import OLD, clear_left_behind, make_folder
from asr_qa.config import shipped
from asr_qa.core.recording import Role
from asr_qa.core.redacted import AROUND
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import Utterance, Word
from asr_qa.testing import make_document, make_recording

RATE = 8000
SECONDS = 12
NUMBER = "13812345678"
SAID = (4.0, 6.2)
"""Seconds in which the number is said."""


def tone() -> NDArray[np.int16]:
    """Samples of shape (n, 2), none of them 0."""
    at = np.arange(RATE * SECONDS)
    left = (np.sin(at / 9) * 9000).astype(np.int16)
    return np.stack([left | 1, (left // 2) | 1], axis=1).astype(np.int16)


def wav(samples: NDArray[np.int16]) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


def number() -> Utterance:
    step = (SAID[1] - SAID[0]) / len(NUMBER)
    digits = [Word(d, SAID[0] + i * step, SAID[0] + (i + 1) * step, 0.9) for i, d in enumerate(NUMBER)]
    words = (Word("麻烦您帮我记一下我的手机号是", 2.5, SAID[0], 0.9), *digits)
    text = "".join(word.text for word in words)
    return Utterance(Role.CUSTOMER, 2.5, SAID[1], text, text, 0.9, words=words)


def add(api: Api, path: Path, *utterances: Utterance, name: int = 9) -> str:
    recording = replace(make_recording(name, path=str(path)), duration=float(SECONDS))
    document = replace(make_document(recording), utterances=utterances)
    api.store.save_document(document, severities=SEVERITIES, now=api.clock.now())
    return f"/v1/calls/{recording.id}/audio"


@pytest.fixture
def url(api: Api) -> str:
    path = api.folder / "private.wav"
    path.write_bytes(wav(tone()))
    return add(api, path, number())


def heard(body: bytes) -> NDArray[np.int16]:
    with wave.open(io.BytesIO(body)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return samples.reshape(-1, file.getnchannels())


def seconds(low: float, high: float, *, rate: int = RATE) -> slice:
    return slice(int(low * rate), int(high * rate))


def test_a_number_is_silent_on_every_channel_and_nothing_else_is(api: Api, url: str) -> None:
    answer = api.client("reviewer").get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    samples, whole = heard(answer.content), tone()
    assert not samples[seconds(SAID[0] - AROUND, SAID[1] + AROUND)].any()
    for low, high in ((0, SAID[0] - AROUND - 0.01), (SAID[1] + AROUND + 0.01, SECONDS)):
        assert np.array_equal(samples[seconds(low, high)], whole[seconds(low, high)])


def test_those_who_may_read_it_hear_it(api: Api, url: str) -> None:
    for role in ("lead", "admin"):
        assert api.client(role).get(url).content == wav(tone())


def test_every_range_is_that_of_the_muted_recording(api: Api, url: str) -> None:
    client = api.client("reviewer")
    whole = client.get(url).content
    first = 44 + int((SAID[0] - AROUND) * RATE) * 4
    for start, last in ((0, 43), (first - 7, first + 9), (first + 1, first + 2), (first - 70_000, first + 90_001)):
        answer = client.get(url, headers={"Range": f"bytes={start}-{last}"})
        assert answer.status_code == 206
        assert answer.content == whole[start : last + 1]
        assert answer.headers["content-range"] == f"bytes {start}-{last}/{len(whole)}"
    assert client.get(url, headers={"Range": "bytes=-5"}).content == whole[-5:]


def test_the_muted_recording_has_a_tag_of_its_own(api: Api, url: str) -> None:
    muted, whole = api.client("reviewer"), api.client("lead")
    tag = muted.get(url).headers["etag"]
    assert tag != whole.get(url).headers["etag"]
    assert muted.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert whole.get(url, headers={"If-None-Match": tag}).status_code == 200
    stale = muted.get(url, headers={"Range": "bytes=0-9", "If-Range": whole.get(url).headers["etag"]})
    assert (stale.status_code, len(stale.content)) == (200, len(wav(tone()))), "no part of another recording"
    assert muted.head(url).headers["content-length"] == str(len(wav(tone())))


def test_a_compressed_recording_is_made_anew_without_it(api: Api) -> None:
    path = Path(shutil.copy(shipped("sample_audio") / "dead-air.mp3", api.folder))
    url = add(api, path, number())
    assert api.client("lead").get(url).content == path.read_bytes()
    client = api.client("reviewer")
    answer = client.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    samples = heard(answer.content)
    assert not samples[seconds(SAID[0] - AROUND, SAID[1] + AROUND, rate=16000)].any()
    assert samples[seconds(0, SAID[0] - AROUND, rate=16000)].any()
    part = client.get(url, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, answer.content[1000:2000])


def test_a_call_without_private_numbers_stays_as_it_is(api: Api) -> None:
    path = Path(shutil.copy(shipped("sample_audio") / "dead-air.mp3", api.folder))
    said = Utterance(Role.AGENT, 1.0, 2.0, "您好", "您好", 0.9)
    assert api.client("reviewer").get(add(api, path, said)).content == path.read_bytes()


def test_what_cannot_be_muted_is_not_sent(api: Api) -> None:
    path = api.folder / "broken.mp3"
    path.write_bytes(b"ID3" + bytes(5000))
    url = add(api, path, number())
    answer = api.client("reviewer").get(url)
    assert (answer.status_code, answer.json()["code"]) == (403, "audio_not_muted")
    assert "needs the scope unredacted" in answer.json()["detail"]
    assert str(api.folder) not in answer.text, "folders are for those who look after the machine"
    assert api.client("lead").get(url).status_code == 200


def test_a_call_that_was_not_scored_yet_is_not_sent_either(api: Api) -> None:
    path = api.folder / "new.wav"
    path.write_bytes(wav(tone()))
    recording = make_recording(8, path=str(path))
    api.store.add_recording(recording, now=api.clock.now())
    url = f"/v1/calls/{recording.id}/audio"
    answer = api.client("reviewer").get(url)
    assert (answer.status_code, answer.json()["code"]) == (403, "audio_not_muted")
    assert api.client("lead").get(url).content == path.read_bytes()


# --- files


def file_of(tag: int, bits: int, data: bytes, *, extra: bytes = b"", size: int | None = None) -> bytes:
    channels = 2
    frame = channels * bits // 8
    form = b"".join(
        number.to_bytes(width, "little")
        for number, width in ((tag, 2), (channels, 2), (RATE, 4), (RATE * frame, 4), (frame, 2), (bits, 2))
    )
    form += extra
    length = len(data) if size is None else size
    chunks = b"LIST" + (3).to_bytes(4, "little") + b"abc\0"
    chunks += b"fmt " + len(form).to_bytes(4, "little") + form + b"data" + length.to_bytes(4, "little") + data
    return b"RIFF" + (len(chunks) + 4).to_bytes(4, "little") + b"WAVE" + chunks


EXTENSIBLE = b"\x16\x00\x08\x00\x03\x00\x00\x00" + b"\x07\x00" + bytes(14)


@pytest.mark.parametrize(
    ("body", "silence"),
    [
        (file_of(1, 16, bytes(400)), 0x00),
        (file_of(1, 8, bytes(400)), 0x80),
        (file_of(6, 8, bytes(400)), 0xD5),
        (file_of(7, 8, bytes(400)), 0xFF),
        (file_of(3, 32, bytes(400)), 0x00),
        (file_of(0xFFFE, 8, bytes(400), extra=EXTENSIBLE), 0xFF),
        (file_of(1, 16, bytes(400), size=0), 0x00),
        (file_of(1, 16, bytes(400), size=2**32 - 1), 0x00),
    ],
)
def test_plain_files_are_known_with_their_silence(body: bytes, silence: int) -> None:
    found = find_samples(io.BytesIO(body))
    assert found is not None
    assert (found.silence, found.end - found.first, found.rate) == (silence, 400, RATE)


@pytest.mark.parametrize(
    "body",
    [b"", b"RIFF", b"ID3" + bytes(50), file_of(17, 4, bytes(400)), file_of(85, 0, bytes(9)), b"RIFF1234WAVE" + bytes(9),
     file_of(1, 16, bytes(4))[:30]],
)  # fmt: skip
def test_other_files_are_not_touched_byte_by_byte(body: bytes) -> None:
    assert find_samples(io.BytesIO(body)) is None


def test_files_that_say_twice_where_their_samples_lie_are_not_touched_byte_by_byte() -> None:
    plain = file_of(1, 16, bytes(400))
    form, data = plain.index(b"fmt "), plain.index(b"data")
    other_form = plain[form:data].replace((4).to_bytes(2, "little") + (16).to_bytes(2, "little"), b"\1\0\x10\0")
    twice = (plain + plain[data:], plain[:form] + other_form + plain[form:], plain[:form] + other_form + plain[data:])
    assert [find_samples(io.BytesIO(body)) for body in twice] == [None] * 3
    assert find_samples(io.BytesIO(file_of(1, 16, bytes(4), size=4) + bytes(9000))) is None, "zeros are no chunks"


@pytest.mark.parametrize("behind", [b"\1\2", bytes(800), b"LIST" + (4).to_bytes(4, "little") + b"said"])
def test_files_with_anything_behind_their_samples_are_not_touched_byte_by_byte(behind: bytes) -> None:
    assert find_samples(io.BytesIO(file_of(1, 16, bytes(400) + behind, size=400))) is None
    assert find_samples(io.BytesIO(file_of(1, 8, bytes(400), size=399))) is not None, "a byte fills it up"


def test_what_lies_behind_samples_of_too_small_a_size_is_not_sent(api: Api) -> None:
    path = api.folder / "small.wav"
    whole = wav(tone())
    tail = whole[-4000:]
    path.write_bytes(whole[:40] + (len(whole) - 44 - 4000).to_bytes(4, "little") + whole[44:])
    body = api.client("reviewer").get(add(api, path, number())).content
    assert tail not in body
    assert not heard(body)[seconds(SAID[0] - AROUND, SAID[1] + AROUND, rate=16000)].any()


def test_a_file_that_was_cleared_away_is_made_again() -> None:
    muting, path = Muting(), shipped("sample_audio") / "dead-air.mp3"
    with muting.made(path, "a", (Segment(1, 2),)) as first:
        shutil.rmtree(Path(first.name).parent)
        with muting.made(path, "a", (Segment(1, 2),)) as again:
            assert again.read() == first.read()


def test_holes_lie_within_the_samples() -> None:
    samples = Samples(first=44, end=44 + 4000, frame=4, rate=100, silence=0)
    muted = (Segment(0.0, 0.5), Segment(9.9, 99.0), Segment(50.0, 60.0))
    assert samples.holes(muted) == [(44, 244), (44 + 990 * 4, 4044)]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=4), st.data())
def test_parts_of_what_is_silenced_make_the_whole(
    body: bytes, holes: list[tuple[int, int]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(body)))

    def part(start: int, stop: int) -> bytes:
        return b"".join(silenced(io.BytesIO(body), start, stop, holes=holes, silence=7))

    whole = part(0, len(body))
    assert part(0, cut) + part(cut, len(body)) == whole
    inside = [any(low <= at < high for low, high in holes) for at in range(len(body))]
    assert whole == bytes(7 if hidden else byte for byte, hidden in zip(body, inside, strict=True))


def test_what_was_made_does_not_fill_the_disk() -> None:
    muting = Muting(keep_bytes=1)
    made = [muting.made(shipped("sample_audio") / "dead-air.mp3", f"{n}", (Segment(1, 2),)) for n in range(2)]
    folder = Path(made[0].name).parent
    assert [path.name for path in folder.iterdir()] == [Path(made[1].name).name]
    assert made[0].read(4) == b"RIFF", "who is reading it goes on"
    assert folder.stat().st_mode & 0o077 == 0
    for file in made:
        file.close()
    del muting
    assert not folder.exists()


def gone_process() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_only_old_folders_of_killed_processes_are_cleared_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone, day = gone_process(), OLD + 60
    own = make_folder()
    assert own.parent == tmp_path
    ages = {
        f"asr_qa-muted-{gone}-left": day,
        f"asr_qa-muted-{gone}-fresh": OLD - 60,  # perhaps of a container with process ids of its own
        own.name: day,
        "asr_qa-muted-nobody": day,
        f"else-{gone}-left": day,
    }
    for name, age in ages.items():
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "made").write_bytes(b"x")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    (tmp_path / f"asr_qa-muted-{gone}-link").symlink_to(own)
    assert [path.name for path in clear_left_behind()] == [f"asr_qa-muted-{gone}-left"]
    assert {path.name for path in tmp_path.iterdir()} == {*list(ages)[1:], f"asr_qa-muted-{gone}-link"}
    assert (own / "made").exists()


def test_what_was_made_lies_in_a_folder_named_after_the_process() -> None:
    with Muting().made(shipped("sample_audio") / "dead-air.mp3", "a", (Segment(1, 2),)) as made:
        assert Path(made.name).parent.name.startswith(f"asr_qa-muted-{os.getpid()}-")
