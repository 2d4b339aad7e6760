"""Which recordings are meant, where their documents go, and files that are whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_qa.batch.files import find_recordings, output_names, prepare_output, write_text
from asr_qa.errors import OutputError, UsageError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_a_folder_is_searched_through_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "b/2.WAV", "b/1.mp3", "a.ogg", "notes.txt", ".hidden.wav", ".git/x.wav")
    assert [found.name for found in find_recordings([tmp_path])] == ["a.ogg", "b/1.mp3", "b/2.WAV"]


def test_a_file_that_is_named_may_be_called_anything(tmp_path: Path) -> None:
    touch(tmp_path, "call.dat")
    assert [found.name for found in find_recordings([tmp_path / "call.dat"])] == ["call.dat"]


def test_a_recording_named_twice_is_found_once(tmp_path: Path) -> None:
    touch(tmp_path, "x/1.wav")
    found = find_recordings([tmp_path, tmp_path / "x", tmp_path / "x" / ".." / "x" / "1.wav"])
    assert len(found) == 1


def test_several_folders_keep_their_names_apart(tmp_path: Path) -> None:
    touch(tmp_path, "mon/1.wav", "tue/1.wav")
    found = find_recordings([tmp_path / "mon", tmp_path / "tue"])
    assert [one.name for one in found] == ["mon/1.wav", "tue/1.wav"]


def test_a_link_to_itself_is_found_like_any_missing_file(tmp_path: Path) -> None:
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    assert [one.name for one in find_recordings([tmp_path])] == ["loop.wav"]


def test_every_missing_path_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "1.wav")
    with pytest.raises(UsageError, match=r"/gone, .*/lost"):
        find_recordings([tmp_path / "gone", tmp_path / "1.wav", tmp_path / "lost"])


@pytest.mark.parametrize(
    ("names", "targets"),
    [
        (["a/1.wav"], ["a/1.json"]),
        (["1.wav", "1.mp3", "2.wav"], ["1.wav.json", "1.mp3.json", "2.json"]),
        (["A.wav", "a.mp3"], ["A.wav.json", "a.mp3.json"]),
        (["A.wav", "a.wav"], ["A.wav.json", "a.wav-2.json"]),
        (["1.wav", "1.mp3", "1.wav.ogg"], ["1.wav.json", "1.mp3.json", "1.wav-2.json"]),
        (["1.wav", "1.wav"], ["1.wav.json", "1.wav-2.json"]),
        (["call.2026.wav"], ["call.2026.json"]),
    ],
)
def test_documents_never_share_a_file(names: list[str], targets: list[str]) -> None:
    assert output_names(names) == targets
    assert len({target.casefold() for target in targets}) == len(targets)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.json"
    write_text(path, "one")
    write_text(path, "二")
    assert path.read_text(encoding="utf-8") == "二"
    assert [one.name for one in path.parent.iterdir()] == ["a.json"]


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_half(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_text(path, "one")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "half \ud800")
    assert path.read_text(encoding="utf-8") == "one"
    assert [one.name for one in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_is_an_output_error(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot write there"):
        prepare_output(tmp_path / place)
    with pytest.raises(OutputError, match="cannot be written"):
        write_text(tmp_path / "file" / "a.json", "x")


def test_preparing_a_folder_leaves_nothing_in_it(tmp_path: Path) -> None:
    prepare_output(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
