from __future__ import annotations

from pathlib import Path

from scripts.evaluate_model.across_engines import ACROSS, assembled


def test_a_held_out_network_stands_in_for_the_models_own(tmp_path: Path) -> None:
    for name, text in (("am/final.mdl", "own"), ("conf/mfcc.conf", "x"), ("graph/words.txt", "да 1")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    held_out = ACROSS[0]
    with assembled(tmp_path, held_out) as folder:
        assert folder is None
    held_out.file(tmp_path).parent.mkdir()
    held_out.file(tmp_path).write_text("other")
    with assembled(tmp_path, held_out) as folder:
        assert folder is not None
        assert (folder / "am/final.mdl").read_text() == "other"
        assert (folder / "graph/words.txt").read_text() == "да 1"
    assert not folder.exists()
