"""A table of marks in the config's rules directory is the one that every command goes by."""

import json

from judge_pictures import landscape, png_with
from marked_pictures import SMALL
from place import Place

OWN = """
[[mark]]
kind = "generator"
name = "our studio's own machine"
reliability = "A"
date = 2026-11-23
needs = [{ where = "png:Software", pattern = '^dreamer \\d' }]
example = [{ "png:Software" = "dreamer 3" }]
near = [{ "png:Software" = "daydreamer 3" }]
"""


def test_a_table_of_ones_own_is_used_and_its_faults_are_all_told(place: Place) -> None:
    folder = place.path("rules")
    folder.mkdir()
    table = folder / "marks.toml"
    table.write_text(OWN)
    place.configure(rules={"directory": "rules"})
    picture = place.path("a.png")
    picture.write_bytes(png_with({"Software": "dreamer 3"}, landscape(400, 300)))

    told = place.ask("classify", str(picture))
    assert told["marks"] == {"generator": "our studio's own machine"}
    assert (told["model"], told["rule"]) == ("redefine", "generator-mark")

    faulty = OWN.replace('"A"', '"Z"').replace('"generator"', '"oracle"').replace("^dreamer", "(")
    table.write_text(faulty)
    faults = place.ask("check", code=2)["faults"]
    name = "mark 1 (our studio's own machine)"
    assert {fault["key"] for fault in faults} == {
        f"{name}.reliability", f"{name}.kind", f"{name}.needs.pattern", f"{name}.needs",
    }  # fmt: skip
    assert {fault["place"] for fault in faults} == {str(table)}
    assert place.run("classify", str(picture)).returncode == 2

    table.write_text(OWN.replace('"dreamer 3"', '"dream on"'))
    assert "an example that matches" in json.dumps(place.ask("check", code=2)["faults"])


def test_the_daemon_goes_by_a_table_of_ones_own(place: Place) -> None:
    folder = place.path("rules")
    folder.mkdir()
    (folder / "marks.toml").write_text(OWN.replace('"generator"', '"own"'))
    place.configure(rules={"directory": "rules"})
    dropped = place.path("inbox/digital/a.png")
    dropped.parent.mkdir(parents=True)
    dropped.write_bytes(png_with({"Software": "dreamer 3"}, SMALL))

    place.until_idle(code=3)

    told = json.loads(place.path("failed/digital/a.png.json").read_text())
    assert told["error"]["code"] == "own_result"
    assert "our studio's own machine" in told["error"]["message"]
