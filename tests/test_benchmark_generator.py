"""The benchmark's files are what the benchmark says of them."""

from __future__ import annotations

import csv
from pathlib import Path

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email

from benchmarks.generate import HEADER, generate

ROWS = 5_000


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("generated") / "contacts.csv"
    generate(path, ROWS)
    return path


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        rows = list(reader)
        assert tuple(reader.fieldnames or ()) == HEADER
    return rows


def _is_valid(email: str) -> bool:
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def test_one_percent_each_is_bad_duplicate_and_not_ascii(file: Path) -> None:
    rows, seen = _read(file), set()
    bad = duplicates = 0
    for email in (row["email"].strip().lower() for row in rows):
        if not _is_valid(email):
            assert email not in seen
            bad += 1
        elif email in seen:
            duplicates += 1
        seen.add(email)
    foreign = sum(not "".join(row.values()).isascii() for row in rows)
    assert (len(rows), bad, duplicates, foreign) == (ROWS, ROWS // 100, ROWS // 100, ROWS // 100)


def test_a_row_is_about_a_hundred_bytes(file: Path) -> None:
    assert 95 < file.stat().st_size / ROWS < 110


def test_phones_are_valid_and_of_five_countries(file: Path) -> None:
    phones = [phonenumbers.parse(row["phone"]) for row in _read(file) if row["phone"]]
    assert sum(map(phonenumbers.is_valid_number, phones)) > 0.99 * len(phones)
    assert {phone.country_code for phone in phones} == {1, 33, 44, 49, 91}


def test_columns_vary_independently(file: Path) -> None:
    rows = _read(file)
    assert len({row["first_name"] for row in rows}) > 200
    assert len({row["last_name"] for row in rows}) > 400
    pairs = {(row["custom_field_industry"], row["custom_field_plan"], row["tags"]) for row in rows}
    assert len(pairs) > 250


def test_same_seed_makes_the_same_bytes_and_another_seed_others(file: Path, tmp_path: Path) -> None:
    again, other = tmp_path / "again.csv", tmp_path / "other.csv"
    generate(again, ROWS)
    generate(other, ROWS, seed=2)
    assert again.read_bytes() == file.read_bytes()
    assert other.read_bytes() != file.read_bytes()


def test_a_longer_file_begins_with_the_shorter(file: Path, tmp_path: Path) -> None:
    generate(tmp_path / "short.csv", 1_234)
    assert file.read_bytes().startswith((tmp_path / "short.csv").read_bytes())


@pytest.mark.parametrize("share", [0.01, 0.1, 1.0])
def test_changed_alters_exactly_that_share_in_company_and_score_only(file: Path, tmp_path: Path, share: float) -> None:
    generate(tmp_path / "changed.csv", ROWS, changed=share)
    pairs = zip(_read(file), _read(tmp_path / "changed.csv"), strict=True)
    changes = [
        frozenset(name for name in HEADER if before[name] != after[name]) for before, after in pairs if before != after
    ]
    assert len(changes) == round(ROWS * share)
    assert set(changes) == {
        frozenset({"company"}),
        frozenset({"lead_score"}),
        frozenset({"company", "lead_score"}),
    }


@pytest.mark.parametrize("rows", [0, 1, 99, 100, 101])
def test_short_files(tmp_path: Path, rows: int) -> None:
    generate(tmp_path / "short.csv", rows)
    assert len(_read(tmp_path / "short.csv")) == rows


@pytest.mark.parametrize(("rows", "changed"), [(-1, 0.0), (1, 1.5), (1, -0.1)])
def test_impossible_shares_are_refused(tmp_path: Path, rows: int, changed: float) -> None:
    with pytest.raises(ValueError, match="share between 0 and 1"):
        generate(tmp_path / "none.csv", rows, changed=changed)
