"""A fixed sample of mutated files; `mutated_files.py --files` loads any number of them."""

import mutated_files
from processes import fuzz


def test_each_file_gives_a_model_or_a_clean_error():
    results, deaths, stuck = fuzz(mutated_files.work, 120, seed=3, chunk=60, slow=120.0)
    assert not deaths and not stuck
    assert len(results) == 120
    assert {number: result for number, result in results.items() if mutated_files.is_violation(result)} == {}
    assert {result[2] for result in results.values()} == {"model", "error"}
    assert {result[0] for result in results.values()} == {".keras", ".h5", ".weights.h5", ".safetensors"}


def test_a_case_reports_what_is_no_clean_error(tmp_path, monkeypatch):
    case = mutated_files.Case(str(tmp_path), seed=0)
    monkeypatch.setattr("ckeras.models.load_model", lambda path: [][0])
    assert case(0)[2] == "IndexError"
    monkeypatch.setattr("ckeras.models.load_model", lambda path: int("no name of a file"))
    assert case(0)[2] == "unnamed"
