"""`classify --explain`, as a person and as a script see it."""

import json
from pathlib import Path

import pytest

from judge_pictures import A1111, encoded, landscape, png_with
from upscaled.cli.main import main


def test_classify_explains_itself_in_words_and_as_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a.jpg"
    file.write_bytes(encoded(landscape(600, 400), "JPEG", quality=30))

    assert main(["classify", "--explain", str(file)]) == 0
    text = capsys.readouterr().out
    assert main(["classify", "--explain", "--json", str(file)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert main(["classify", "--json", str(file)]) == 0
    plain = json.loads(capsys.readouterr().out)

    for words in ("What tipped it:", "generator-mark", "Points:", "gate:", "Safe factor:", "q_eq"):
        assert words in text
    assert "JPEG-equivalent quality; 0..100" in text
    assert "softmax" not in text
    assert max(map(len, text.splitlines()[1:])) <= 96
    assert told["explanation"]["treatment"]["model"] in text
    assert {rule["name"] for rule in told["explanation"]["rules"]} >= {"generator-mark"}
    assert told == plain | {"explanation": told["explanation"]}


def test_a_rule_that_decided_explains_its_own_measures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a.png"
    file.write_bytes(png_with({"parameters": A1111}, landscape(600, 400)))

    assert main(["classify", "--explain", str(file)]) == 0
    text = capsys.readouterr().out

    assert "ai_meta (1): mark of an image generator" in text
    assert "JPEG-equivalent quality" not in text


def test_check_tells_faults_of_every_rule_file_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = Path(__file__).parents[2] / "rules"
    own = tmp_path / "rules"
    own.mkdir()
    judge = (shipped / "judge.toml").read_text("utf-8").replace("cnoise >=", "cnoyse >=")
    (own / "judge.toml").write_text(judge, "utf-8")
    models = (shipped / "models-unified.toml").read_text("utf-8")
    (own / "models-unified.toml").write_text(
        models.replace("denoise = 0.2", "denoise = 2"), "utf-8"
    )
    config = tmp_path / "config.toml"
    config.write_text('[rules]\ndirectory = "rules"\n[[watch]]\ninbox = "in"\n', "utf-8")

    assert main(["--config", str(config), "check", "--json"]) == 2
    faults = json.loads(capsys.readouterr().out)["faults"]

    places = {fault["place"] for fault in faults}
    assert places == {str(own / "judge.toml"), str(own / "models-unified.toml")}
    misspelt = [fault for fault in faults if fault["place"] == str(own / "judge.toml")]
    assert {fault["hint"] for fault in misspelt} == {'did you mean "cnoise"?'}


def test_a_line_break_in_a_name_makes_no_second_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "a\nb.png: core (100%)\x1b[2J.png"
    file.write_bytes(encoded(landscape(200, 150)))

    for words in (["classify"], ["plan", "--target", "hd"]):
        main([*words, str(file)])
        text = capsys.readouterr().out
        assert text.startswith(str(tmp_path))
        assert not any(line.startswith("b.png") for line in text.splitlines())
        assert "\x1b" not in text
        main([*words, "--json", str(file)])
        assert json.loads(capsys.readouterr().out)["path"] == str(file)
