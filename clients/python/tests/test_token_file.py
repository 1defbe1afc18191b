"""A token in a file that somebody else keeps fresh."""

from pathlib import Path

from progressbus.settings import from_environment
from progressbus.token_file import token_in


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "token"
    settings, problems = from_environment({"PROGRESSBUS_TOKEN_FILE": str(path)})
    assert problems == []
    assert settings.current_token is None
    path.write_text("first\n")
    assert settings.current_token == "first"
    path.write_text("second-one\n")
    assert settings.current_token == "second-one"
    fresh = tmp_path / "fresh"
    fresh.write_text("third-one")
    fresh.replace(path)
    assert settings.current_token == "third-one"
    path.unlink()
    assert settings.current_token is None


def test_a_token_that_is_set_goes_before_the_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("of-the-file")
    environment = {"PROGRESSBUS_TOKEN": "set", "PROGRESSBUS_TOKEN_FILE": str(path)}
    assert from_environment(environment)[0].current_token == "set"


def test_what_is_no_token_is_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "token"
    for text in ("", "two words", "a" * 8193, "zo\u00eb", "line\nline"):
        path.write_text(text, encoding="utf-8")
        assert token_in(path) is None
    assert token_in(tmp_path) is None
