"""Where the server stands and whom it hears."""

import socket
from pathlib import Path

import pytest

from underpaint.errors import RequestError, StorageError
from underpaint.faces._http import serving


def test_by_default_only_this_machine_is_heard() -> None:
    standing = serving.place({})
    assert (standing.port, standing.listening, dict(standing.accounts)) == (7860, False, {})
    bound = serving.sockets(serving.place({"port": "0"}))
    try:
        assert {each.getsockname()[0] for each in bound} <= {"127.0.0.1", "::1"}
        assert len({each.getsockname()[1] for each in bound}) == 1
    finally:
        for each in bound:
            each.close()


@pytest.mark.parametrize("values", [{"listen": True}, {"server_name": "studio.example"}])
def test_others_are_heard_only_with_a_password(values: dict[str, str | bool]) -> None:
    with pytest.raises(RequestError, match="--listen lets other machines in"):
        serving.place(values)
    standing = serving.place({**values, "api_auth": "me:secret,you:se:cret"})
    assert standing.listening
    assert standing.accounts == {"me": "secret", "you": "se:cret"}
    assert "secret" not in repr(standing)
    assert "secret" not in repr(serving.door(standing, 1))


def test_accounts_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "accounts"
    file.write_text("me:secret,\nyou:other\n", "utf-8")
    assert serving.place({"api_auth_file": str(file)}).accounts == {"me": "secret", "you": "other"}
    with pytest.raises(StorageError, match="cannot read"):
        serving.place({"api_auth_file": str(tmp_path / "none")})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"api_auth": "me"}, "--api-auth must be like"),
        ({"api_auth": ":x"}, "--api-auth must be like"),
        ({"port": "x"}, "port is 'x'"),
        ({"port": "65536"}, "port is '65536'"),
        ({"port": "-1"}, "port is '-1'"),
        ({"cors_allow_origins": "*"}, "--cors-allow-origins has '*'"),
        ({"cors_allow_origins": "null"}, "--cors-allow-origins has 'null'"),
        ({"cors_allow_origins": "https://*.example"}, "--cors-allow-origins has"),
        ({"cors_allow_origins": "a.example"}, "--cors-allow-origins has"),
        ({"tls_keyfile": "key.pem"}, "give --tls-keyfile and --tls-certfile together"),
        ({"timeout_keep_alive": "soon"}, "timeout-keep-alive is 'soon'"),
    ],
)
def test_what_is_not_sound_is_refused(values: dict[str, str], words: str) -> None:
    with pytest.raises(RequestError) as refusal:
        serving.place(values)
    assert str(refusal.value).startswith(words)


def test_origins_are_as_browsers_send_them() -> None:
    standing = serving.place({"cors_allow_origins": "https://A.example/, http://b.example:8080"})
    assert standing.origins == {"https://a.example", "http://b.example:8080"}


def test_every_start_has_a_token_of_its_own() -> None:
    standing = serving.place({})
    one, other = serving.door(standing, 1), serving.door(standing, 1)
    assert one.token != other.token and len(one.token) >= 40


def test_a_listening_studio_knows_its_own_names() -> None:
    standing = serving.place({"listen": True, "api_auth": "me:secret"})
    assert socket.gethostname().lower() in serving.door(standing, 1).names
    assert serving.door(serving.place({}), 1).names == frozenset()


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RequestError, match=f"port {port} cannot be had: .*--port"):
            serving.sockets(serving.place({"port": str(port)}))
