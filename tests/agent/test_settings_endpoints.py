"""Settings: which address the key may be sent to, and who may say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.errors import SettingsError
from agent.settings import load

KEY = "sk-a-key-that-nobody-may-see"


def write_project_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "citeloom.toml").write_text(text, encoding="utf-8")


ENDPOINTS = {
    "base_url": 'base_url = "{address}"\n',
    "embedding.base_url": '[embedding]\nmodel = "x"\nbase_url = "{address}"\n',
}


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize(
    "address", ["http://example.org/v1", "http://127.0.0.1.example.org/v1", "http://localhost@example.org/v1"]
)
def test_a_project_file_may_not_decide_where_the_key_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    write_project_file(tmp_path, ENDPOINTS[name].format(address=address))
    assert load({}).text(name) == address
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    with pytest.raises(SettingsError) as caught:
        load({})
    error = caught.value
    assert "may not send your key to example.org" in error.message or "to 127.0.0.1.example.org" in error.message
    assert f"set {name} in " in error.hint
    assert KEY not in error.message + error.hint


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize("address", ["http://127.0.0.1:1/v1", "http://localhost:1/v1", "http://[::1]:1/v1"])
def test_a_project_file_may_name_an_endpoint_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    write_project_file(tmp_path, ENDPOINTS[name].format(address=address))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    found = load({})
    assert (found.text(name), found.api_key) == (address, KEY)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_user_may_send_the_key_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    path = tmp_path / "home" / "config" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(ENDPOINTS[name].format(address="http://example.org/v1"), encoding="utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    assert load({}).text(name) == "http://example.org/v1"


@pytest.mark.parametrize("name", ["base_url", "embedding.base_url", "vectors.server"])
@pytest.mark.parametrize("address", ["example.org/v1", "ftp://example.org", "http://", "http:// x"])
def test_what_is_no_address_is_refused(name: str, address: str) -> None:
    with pytest.raises(SettingsError, match="is no address"):
        load({name: address})
