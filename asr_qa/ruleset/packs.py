"""Packs: folders of rules with a name, that build on other packs and have variables of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from asr_qa.errors import Issue
from asr_qa.messages import say
from asr_qa.ruleset.accents import FILE as ACCENTS_FILE
from asr_qa.ruleset.schema import Names, Strict, TitleModel, guess, wrong
from asr_qa.ruleset.source import Path_, Source, read_source
from asr_qa.ruleset.variables import NAME, Definition, Layer, Value
from asr_qa.ruleset.wording import issues_of

SUFFIXES = (".yml", ".yaml")
PACK_FILES = ("pack.yml", "pack.yaml")
CASE_MARK = ".cases"
SCORECARDS = "scorecards"
_PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
"""A number that means the same to YAML and to people: 007, 0x1F, 1_000 and 1:30 do not."""
SHIPPED = "shipped"
"""Name of the rules that come along, for `extends`."""


def _variable_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise wrong(say("bad_variable_name", name=name), say("eg_company"))
    return name


def _value(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float | list):
        raise wrong(say("bad_variable_value"), say("eg_variable"))
    words = value if isinstance(value, list) else [value]
    if not words or any(isinstance(word, str) and not word.strip() for word in words):
        raise wrong(say("empty_variable"), say("give_value"))
    if any(isinstance(word, float) and not isfinite(word) for word in words):
        raise wrong(say("endless_variable"), say("eg_variable"))
    if isinstance(value, list) and (odd := [word for word in value if not isinstance(word, str)]):
        raise wrong(say("odd_in_variable", value=str(odd[0])), say("put_in_quotes"))
    return value


VariableName = Annotated[str, AfterValidator(_variable_name)]
VariableValue = Annotated[list[str] | int | float | str, BeforeValidator(_value)]
Variables = dict[VariableName, VariableValue]


def _version(value: Any) -> Any:
    if isinstance(value, float):
        raise wrong(say("version_number", version=str(value)), say("quote_version"))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class PackModel(Strict):
    """pack.yml."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    title: TitleModel
    version: Annotated[str, Field(min_length=1), BeforeValidator(_version)] = "1"
    extends: Annotated[str, Field(min_length=1)] | None = None
    without: Names = Field(default_factory=list)
    variables: Variables = Field(default_factory=dict)


class SettingsModel(Strict):
    """A file of values in force."""

    variables: Variables


@dataclass(slots=True)
class Pack:
    """A folder of rules as it is read: its own files, packs below it, and the pack it builds on."""

    folder: Path
    id: str = ""
    file: Source | None = None
    """Its pack.yml."""
    variables: Layer = field(default_factory=dict)
    without: tuple[str, ...] = ()
    base: Pack | None = None
    files: list[Path] = field(default_factory=list)
    """Rule files and case files of its own, in order of path."""
    below: list[Pack] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    def walk(self) -> Iterator[Pack]:
        """This pack, those below it, and all that they build on."""
        yield self
        for part in self.below:
            yield from part.walk()
        if self.base is not None:
            yield from self.base.walk()

    def name_of(self, path: Path) -> str:
        """Pack that a file of its own belongs to: the first folder below this one, else this pack."""
        parts = path.relative_to(self.folder).parts
        return parts[0] if len(parts) > 1 else self.id


@dataclass(frozen=True, slots=True)
class PackFile:
    """A rule or case file with the variables that are in force in it, weakest first."""

    path: Path
    pack: str
    layers: tuple[Layer, ...]
    inherited: bool


def shipped_rules() -> Path:
    """Folder of the rules that come along: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "data" / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


def read_pack(folder: Path) -> Pack:
    """The pack in a folder with everything that it rests on; what is wrong is in the `issues` of its parts."""
    return _read(folder.resolve(), shown=folder, chain=())


def files_of(pack: Pack, *, cases: bool) -> Iterator[PackFile]:
    """Rule files (or case files) of a pack, those that it inherits first."""
    yield from _files(pack, outer=(), over=(), inherited=False, cases=cases)


def card_folders(folder: Path) -> list[Path]:
    """Folders of scorecards of a pack and of those it builds on, nearest first."""
    found: list[Path] = []
    pack: Pack | None = read_pack(folder) if folder.is_dir() else None
    while pack is not None:
        found.append(pack.folder / SCORECARDS)
        pack = pack.base
    return found or [folder / SCORECARDS]


def values_of(layers: tuple[Layer, ...], settings: Mapping[str, Value]) -> dict[str, Value]:
    """Values in force, those of a settings file last."""
    values: dict[str, Value] = {}
    for layer in layers:
        values |= {name: definition.value for name, definition in layer.items()}
    # A settings file gives values to variables that packs know; it cannot invent one.
    return values | {name: value for name, value in settings.items() if name in values}


def read_settings(path: Path) -> tuple[Layer, tuple[Issue, ...]]:
    """Values that override those of packs, from a file with `variables:`; with what is wrong in it."""
    file = read_source(path)
    if file.data is None:
        return {}, tuple(file.issues)
    try:
        model = SettingsModel.model_validate(_as_written(file))
    except ValidationError as error:
        return {}, (*file.issues, *issues_of(error, file, (), model=SettingsModel))
    return _layer(model.variables, file), tuple(file.issues)


def _files(
    pack: Pack, *, outer: tuple[Layer, ...], over: tuple[Layer, ...], inherited: bool, cases: bool
) -> Iterator[PackFile]:
    """`outer` are variables of the folders around, `over` those of packs that build on this one."""
    own = (*outer, pack.variables)
    if pack.base is not None:
        # What stands around this pack is weaker than what the other one says, as it is for rules.
        yield from _files(pack.base, outer=outer, over=(pack.variables, *over), inherited=True, cases=cases)
    for path in pack.files:
        if path.stem.endswith(CASE_MARK) is cases:
            yield PackFile(path, pack.name_of(path), (*own, *over), inherited)
    for part in pack.below:
        yield from _files(part, outer=own, over=over, inherited=inherited, cases=cases)


def _read(folder: Path, *, shown: Path, chain: tuple[Path, ...]) -> Pack:
    pack = Pack(shown)
    model = _read_model(pack)
    for path in _entries(shown):
        if path.is_dir():
            _read_below(pack, path, chain)
        elif path.suffix in SUFFIXES and path.name not in (*PACK_FILES, ACCENTS_FILE):
            pack.files.append(path)
    pack.files.sort()
    if model is not None and model.extends is not None:
        _extend(pack, model.extends, (*chain, folder))
    return pack


def _entries(folder: Path) -> list[Path]:
    """What a folder holds; links that lead back to a folder on the way here are passed over."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in found if not (path.is_symlink() and _leads_back(path))]


def _leads_back(link: Path) -> bool:
    target = link.resolve()
    return any(parent.resolve() == target for parent in link.parents)


def _read_below(pack: Pack, folder: Path, chain: tuple[Path, ...]) -> None:
    """A folder inside a pack: part of it, or a pack of its own where it has a pack.yml."""
    if folder.name == SCORECARDS:
        return
    if any((folder / name).is_file() for name in PACK_FILES):
        pack.below.append(_read(folder.resolve(), shown=folder, chain=(*chain, pack.folder.resolve())))
        return
    for path in _entries(folder):
        if path.is_dir():
            _read_below(pack, path, chain)
        elif path.suffix in SUFFIXES:
            pack.files.append(path)


def _read_model(pack: Pack) -> PackModel | None:
    path = next((pack.folder / name for name in PACK_FILES if (pack.folder / name).is_file()), None)
    if path is None:
        return None
    file = pack.file = read_source(path)
    pack.issues += file.issues
    if file.data is None:
        return None
    try:
        model = PackModel.model_validate(_as_written(file))
    except ValidationError as error:
        pack.issues += issues_of(error, file, (), model=PackModel)
        return None
    pack.id, pack.without = model.id, tuple(model.without)
    pack.variables = _layer(model.variables, file)
    if model.without and model.extends is None:
        pack.issues.append(file.issue(("without",), say("without_extends"), hint=say("name_the_pack")))
    return model


def _as_written(file: Source) -> Any:
    """What a file holds, its variables with numbers as they are written where YAML takes them for others.

    007 is a staff number and no 7, and of a list every value is words that are said.
    """
    variables = file.data.get("variables") if isinstance(file.data, dict) else None
    if not isinstance(variables, dict):
        return file.data
    return {**file.data, "variables": {name: _written(file, name, value) for name, value in variables.items()}}


def _written(file: Source, name: str, value: Any) -> Any:
    at: Path_ = ("variables", name)
    if isinstance(value, list):
        return [file.numbers.get((*at, index), part) for index, part in enumerate(value)]
    text = file.numbers.get(at, "")
    return text if text and not _PLAIN.fullmatch(text) else value


def _layer(variables: Mapping[str, Any], file: Source) -> Layer:
    return {
        name: Definition(tuple(value) if isinstance(value, list) else value, file, ("variables", name))
        for name, value in variables.items()
    }


def _extend(pack: Pack, named: str, chain: tuple[Path, ...]) -> None:
    """Read the pack that this one builds on, unless that leads in a circle or nowhere."""
    file = pack.file
    if file is None:
        return
    base = _resolve(pack.folder, named)
    if base is None:
        known = sorted(path.name for path in shipped_rules().iterdir() if path.is_dir() and path.name != SCORECARDS)
        hint = guess(named, [SHIPPED, *known]) or say("pack_places", shipped=SHIPPED)
        pack.issues.append(file.issue(("extends",), say("no_pack", name=named), hint=hint))
    elif base.resolve() in chain:
        ring = [*chain[chain.index(base.resolve()) :], base.resolve()]
        said = say("packs_circle", ring=" -> ".join(path.name for path in ring))
        hint = say("take_extends_out", places=tuple(_extends_place(path) for path in ring[:-1]))
        pack.issues.append(file.issue(("extends",), said, hint=hint))
    else:
        pack.base = _read(base.resolve(), shown=base, chain=chain)


def _extends_place(folder: Path) -> str:
    path = next((folder / name for name in PACK_FILES if (folder / name).is_file()), folder / PACK_FILES[0])
    return f"{path}:{read_source(path).place(('extends',))[0]}"


def _resolve(folder: Path, named: str) -> Path | None:
    """The folder that `extends` means: the shipped rules, a path, a folder beside, a shipped pack."""
    if named == SHIPPED:
        return shipped_rules()
    for path in (Path(named), folder / named, folder.parent / named, shipped_rules() / named):
        if (path.is_absolute() or path != Path(named)) and path.is_dir():
            return path
    return next((path.parent for path in _pack_files(folder.parent) if _id_of(path) == named), None)


def _pack_files(folder: Path) -> Iterator[Path]:
    for name in PACK_FILES:
        yield from sorted(folder.glob(f"*/{name}"))


def _id_of(path: Path) -> str:
    data = read_source(path).data
    return str(data.get("id", "")) if isinstance(data, dict) else ""
