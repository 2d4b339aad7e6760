"""Audio by byte range."""

from __future__ import annotations

from pathlib import Path

from api_app import Api
from hypothesis import given
from hypothesis import strategies as st

from asr_qa.api.ranges import OutsideError, parse_range
from asr_qa.testing import make_document, make_recording


def url_of(api: Api, number: int = 1) -> str:
    return f"/v1/calls/{api.documents[number - 1].recording.id}/audio"


def data_of(api: Api, number: int = 1) -> bytes:
    return (api.folder / f"{number:04d}.wav").read_bytes()


def test_audio_whole(api: Api) -> None:
    answer = api.client("reviewer").get(url_of(api))
    assert answer.status_code == 200
    assert answer.content == data_of(api)
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == "1001"
    assert answer.headers["x-content-type-options"] == "nosniff"


RANGES = [
    ("bytes=0-0", 0, 1),
    ("bytes=10-19", 10, 20),
    ("bytes=990-", 990, 1001),
    ("bytes=-5", 996, 1001),
    ("bytes=0-9999", 0, 1001),
]


def test_audio_by_range(api: Api) -> None:
    client = api.client()
    for header, start, stop in RANGES:
        answer = client.get(url_of(api), headers={"Range": header})
        assert answer.status_code == 206
        assert answer.content == data_of(api)[start:stop]
        assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/1001"
        assert answer.headers["content-length"] == str(stop - start)


OUTSIDE = ["bytes=1001-", "bytes=5000-6000", "bytes=-0"]


def test_audio_outside_the_file_is_416(api: Api) -> None:
    client = api.client()
    for header in OUTSIDE:
        answer = client.get(url_of(api), headers={"Range": header})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == "bytes */1001"
        assert answer.json()["code"] == "range_not_satisfiable"


IGNORED = ["bytes=5-2", "lines=1-2", "bytes=a-b", "bytes=0-1,5-6", "bytes=-"]


def test_audio_ignores_ranges_it_does_not_know(api: Api) -> None:
    client = api.client()
    for header in IGNORED:
        answer = client.get(url_of(api), headers={"Range": header})
        assert (answer.status_code, len(answer.content)) == (200, 1001)


def test_audio_head_has_no_body(api: Api) -> None:
    answer = api.client().head(url_of(api))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "1001"
    part = api.client().head(url_of(api), headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.headers["content-length"]) == (206, "10")


def test_audio_etag(api: Api) -> None:
    client = api.client()
    tag = client.get(url_of(api)).headers["etag"]
    assert tag == f'"{api.documents[0].recording.sha256}"'
    assert client.get(url_of(api), headers={"If-None-Match": tag}).status_code == 304
    assert client.get(url_of(api), headers={"Range": "bytes=0-9", "If-Range": tag}).status_code == 206
    assert client.get(url_of(api), headers={"Range": "bytes=0-9", "If-Range": '"old"'}).status_code == 200


def test_audio_that_is_gone_is_404_without_its_folder(api: Api) -> None:
    (api.folder / "0001.wav").unlink()
    answer = api.client("admin").get(url_of(api))
    assert answer.status_code == 404
    assert answer.json()["code"] == "audio_gone"
    assert "put the file back" in answer.json()["detail"]
    assert str(api.folder) not in answer.text


def test_audio_falls_back_on_another_place_it_was_seen_at(api: Api) -> None:
    moved = api.folder / "archive.wav"
    (api.folder / "0001.wav").rename(moved)
    api.store.add_recording(make_recording(1, path=str(moved)), now=api.clock.now())
    assert len(api.client().get(url_of(api)).content) == 1001


def test_audio_needs_its_scope(api: Api) -> None:
    answer = api.client("reviewer", scopes=["calls:read"]).get(url_of(api))
    assert answer.status_code == 403
    assert "audio:read" in answer.json()["detail"]


PATHS = ["..", "%2e%2e%2fetc%2fpasswd", "..%2F0001.wav", "0001.wav", "%00"]


def test_audio_takes_no_path_from_the_client(api: Api) -> None:
    client = api.client()
    for call_id in PATHS:
        answer = client.get(f"/v1/calls/{call_id}/audio")
        assert answer.status_code in (404, 422)


TYPES = [
    ("a.MP3", b"ID3", "audio/mpeg"),
    ("b.opus", b"OggS", "audio/ogg"),
    ("c.bin", b"fLaC", "audio/flac"),
    ("d", b"????", "application/octet-stream"),
    ("e.html", b"<htm", "application/octet-stream"),
]


def test_audio_type_follows_name_then_content(api: Api) -> None:
    client = api.client()
    for number, (name, head, media) in enumerate(TYPES):
        path = Path(api.folder / name)
        path.write_bytes(head)
        recording = make_recording(50 + number, path=str(path))
        api.store.save_document(make_document(recording), severities={}, now=api.clock.now())
        assert client.get(f"/v1/calls/{recording.id}/audio").headers["content-type"] == media


def test_audio_of_a_folder_is_gone(api: Api) -> None:
    recording = make_recording(51, path=str(api.folder))
    api.store.save_document(make_document(recording), severities={}, now=api.clock.now())
    assert api.client().get(f"/v1/calls/{recording.id}/audio").status_code == 404


@given(first=st.integers(0, 200), length=st.integers(1, 200), size=st.integers(0, 300))
def test_parse_range_is_inside_the_file_or_an_error(first: int, length: int, size: int) -> None:
    last = first + length - 1
    try:
        part = parse_range(f"bytes={first}-{last}", size)
    except OutsideError:
        assert first >= size
    else:
        assert part == (first, min(last + 1, size))


@given(st.text(max_size=40), st.integers(0, 300))
def test_parse_range_takes_any_text(header: str, size: int) -> None:
    try:
        part = parse_range("bytes=" + header, size)
    except OutsideError:
        return
    assert part is None or 0 <= part[0] < part[1] <= size
