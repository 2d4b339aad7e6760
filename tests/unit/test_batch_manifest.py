"""Manifests in every shape that call centres hand over, and rows that cost only themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from asr_qa.batch.files import Found
from asr_qa.batch.manifest import Manifest, parse_mapping, read_manifest
from asr_qa.batch.run import items_of
from asr_qa.errors import ManifestError
from asr_qa.pipeline.ingest import CallDetails

CHINESE = "录音文件,坐席工号,班组,技能组,呼叫方向,客户编号,工单号,开始时间,振铃时长,语言,坐席声道,备注\n"
ROW = "a.wav,A1,一组,宽带,呼出,C1,T1,2026/11/20 09:30:00,6.5,zh,1,老客户\n"


def manifest(
    folder: Path, content: str | bytes, name: str = "m.csv", mapping: Mapping[str, str] | None = None
) -> Manifest:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_manifest(path, mapping=mapping)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_chinese_columns_in_any_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    found = manifest(tmp_path, (CHINESE + ROW).replace(",", delimiter).encode(encoding))
    assert found.bad == ()
    assert found.rows[0].path == tmp_path / "a.wav"
    assert found.rows[0].details == CallDetails(
        started_at="2026-11-20T09:30:00",
        direction="outbound",
        queue="宽带",
        agent_id="A1",
        team="一组",
        customer_id="C1",
        case_id="T1",
        ring_seconds=6.5,
        agent_channel=1,
        metadata={"language": "zh", "备注": "老客户"},
    )


def test_json_lines(tmp_path: Path) -> None:
    row = {"path": "/calls/a.wav", "agent_id": 1001, "ring_seconds": 4, "queue": None, "agent_channel": "auto"}
    found = manifest(tmp_path, "\n" + json.dumps(row) + "\n\n", "m.jsonl")
    details = found.rows[0].details
    assert (found.rows[0].path, found.rows[0].line) == (Path("/calls/a.wav"), 2)
    assert (details.agent_id, details.ring_seconds, details.queue, details.agent_channel) == ("1001", 4.0, None, -1)


def test_columns_under_other_names(tmp_path: Path) -> None:
    mapping = parse_mapping(["Wav Name=path", "Seat=agent_id"])
    found = manifest(tmp_path, "wav name,SEAT\na.wav,A1\n", mapping=mapping)
    assert found.rows[0].details.agent_id == "A1"


def test_more_names_that_call_centres_use(tmp_path: Path) -> None:
    found = manifest(tmp_path, "文件名,坐席编号,客户号,通话开始时间\na.wav,A1,C1,2026/11/20 09:30:00\n")
    details = found.rows[0].details
    assert (details.agent_id, details.customer_id, details.started_at) == ("A1", "C1", "2026-11-20T09:30:00")
    assert found.other_columns == ()


def test_columns_that_are_no_field_are_pointed_out_and_kept(tmp_path: Path) -> None:
    found = manifest(tmp_path, "path,Seat,备注,\na.wav,A1,老客户,x\nb.wav,A2,,\n")
    assert found.other_columns == ("Seat", "备注")
    assert {"Seat": "A1", "备注": "老客户"}.items() <= found.rows[0].details.metadata.items()
    lines = '{"path": "a.wav", "x": 1}\n{"path": "b.wav", "y": 2, "lang": "en"}\n'
    assert manifest(tmp_path, lines, "m.jsonl").other_columns == ("x", "y")


def test_a_mapped_column_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    mapping = parse_mapping(["Wav Name=path", "Seet=agent_id"])
    with pytest.raises(ManifestError, match=r"m.csv: --map: no column seet; there are wav name, SEAT"):
        manifest(tmp_path, "wav name,SEAT\na.wav,A1\n", mapping=mapping)


@pytest.mark.parametrize(
    ("written", "code"),
    [("zh-CN", "zh"), ("普通话", "zh"), ("粤语", "yue"), ("EN", "en"), ("auto", "auto"), ("自动", "auto")],
)
def test_each_row_names_its_language(tmp_path: Path, written: str, code: str) -> None:
    found = manifest(tmp_path, f"path,language\na.wav,{written}\nb.wav,klingon\n")
    assert [row.details.metadata["language"] for row in found.rows] == [code]
    assert [(bad.place, "language 'klingon' is not known" in bad.reason) for bad in found.bad] == [
        (f"{tmp_path / 'm.csv'}:3", True)
    ]


def test_empty_lines_and_cells_are_nothing(tmp_path: Path) -> None:
    found = manifest(tmp_path, "path,agent_id\na.wav,\n\n,\nb.wav, A1 \n")
    assert [row.details.agent_id for row in found.rows] == [None, "A1"]
    assert [row.line for row in found.rows] == [2, 5]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("started_at", "yesterday", "is no time"),
        ("direction", "sideways", "is none of"),
        ("ring_seconds", "-1", "is no number"),
        ("ring_seconds", "three", "is no number"),
        ("ring_seconds", "1e999", "is no number"),
        ("agent_channel", "left", "neither a channel"),
        ("language", "klingon", "write a code such as zh"),
        ("language", "普通话?", "write a code such as zh"),
        ("language", "xx-CN", "write a code such as zh"),
    ],
)
def test_a_bad_value_costs_its_row_only(tmp_path: Path, column: str, value: str, words: str) -> None:
    found = manifest(tmp_path, f"path,{column}\na.wav,{value}\nb.wav,\n")
    assert [row.written for row in found.rows] == ["b.wav"]
    assert found.bad[0].place == f"{tmp_path / 'm.csv'}:2"
    assert words in found.bad[0].reason


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(
            (name, "zh")
            for name in ("zh", "ZH", "zh-CN", "zh_CN", "zh-Hans-CN", "中文", "普通话", "国语", "Chinese", "cmn-CN")
        ),
        *((name, "en") for name in ("en", "en-US", "EN_gb", "英语", "英文", "English")),
        *((name, "yue") for name in ("yue", "yue-HK", "zh-yue-HK", "粤语", "Cantonese")),
        *((name, "ja") for name in ("ja-JP", "日语")),
        *((name, "ko") for name in ("ko", "韩语")),
        ("auto", "auto"),
        ("Auto", "auto"),
    ],
)
def test_languages_are_known_by_many_names(tmp_path: Path, written: str, code: str) -> None:
    found = manifest(tmp_path, f"path,语言\na.wav,{written}\n")
    assert found.rows[0].details.metadata == {"language": code}


def test_a_recording_named_twice_keeps_its_first_row(tmp_path: Path) -> None:
    (tmp_path / "link.wav").symlink_to("b.wav")
    found = manifest(tmp_path, "path,agent_id\na.wav,A1\nb.wav,A2\n./x/../a.wav,A3\nlink.wav,A4\n")
    assert [(row.written, row.details.agent_id) for row in found.rows] == [("a.wav", "A1"), ("b.wav", "A2")]
    assert [bad.place for bad in found.bad] == [f"{tmp_path / 'm.csv'}:4", f"{tmp_path / 'm.csv'}:5"]
    assert "line 2 and again in line 4" in found.bad[0].reason
    assert "line 3 and again in line 5" in found.bad[1].reason


def test_a_column_of_the_reserved_name_is_kept_under_another(tmp_path: Path) -> None:
    found = manifest(tmp_path, "path,request\na.wav,refund\n")
    assert found.rows[0].details.metadata == {"manifest_request": "refund"}


def test_a_row_without_a_recording_is_bad(tmp_path: Path) -> None:
    found = manifest(tmp_path, "agent_id\nA1\n")
    assert "--map COLUMN=path" in found.bad[0].reason


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"\xff\xfe\xff\xff", "m.csv", "neither UTF-8 nor GB18030"),
        ("{not json}", "m.jsonl", ":1: not JSON"),
        ("[1]", "m.jsonl", ":1: not a JSON object"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused(tmp_path: Path, content: str | bytes, name: str, words: str) -> None:
    with pytest.raises(ManifestError, match=words):
        manifest(tmp_path, content, name)


@pytest.mark.parametrize("pair", ["path", "=path", "a=weather"])
def test_a_mapping_to_no_field_is_refused(pair: str) -> None:
    with pytest.raises(ManifestError, match="COLUMN=FIELD"):
        parse_mapping([pair])


def test_recordings_meet_their_rows_and_rows_without_one_are_items_too(tmp_path: Path) -> None:
    found = manifest(tmp_path, "path,agent_id\na.wav,A1\ngone/b.wav,A2\n../up.wav,A3\n/abs/c.wav,A4\n,A5\n")
    items, bad = items_of([Found(tmp_path / "a.wav", "a.wav"), Found(tmp_path / "x.wav", "x.wav")], found)
    known = {item.name: item.details.agent_id for item in items}
    assert known == {"a.wav": "A1", "x.wav": None, "gone/b.wav": "A2", "up.wav": "A3", "c.wav": "A4"}
    assert [(one.state, one.code) for one in bad] == [("failed", "manifest_error")]
