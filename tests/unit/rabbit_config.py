"""What a RabbitMQ node would do with its configuration, as the judge read it."""

from __future__ import annotations

from typing import Any

from app.edits.rabbitmq.listeners import ListenerEdit
from tests.unit.erl_judge import Atom

Config = dict[str, dict[str, Any]]


def by_app(config: list[Any]) -> Config:
    """Give a configuration by application and key; what is no pair by its name."""
    return {app.name: options(keys) for app, keys in config}


def options(one: Any) -> dict[str, Any]:
    """Give a list of settings by key."""
    pairs = (row if isinstance(row, tuple) else (row, "") for row in one)
    return {key.name: value for key, value in pairs}


def as_pair(one: Any) -> tuple[str, int]:
    """Give a listener's address and port."""
    return one[:2] if isinstance(one, tuple) else ("", one)


def hold(config: Config, wanted: ListenerEdit) -> None:
    """Assert that the node would run as wanted."""
    rabbit = config["rabbit"]
    served = [as_pair(one) for one in rabbit["ssl_listeners"]]
    assert any(port == wanted.port and at not in ("127.0.0.1", "::1") for at, port in served)
    found = options(rabbit["ssl_options"])
    asked = wanted.verify_peer and wanted.fail_if_no_peer_cert
    expected = {
        "cacertfile": wanted.cacertfile,
        "certfile": wanted.certfile,
        "keyfile": wanted.keyfile,
        "verify": Atom("verify_peer" if wanted.verify_peer else "verify_none"),
        "fail_if_no_peer_cert": Atom("true" if asked else "false"),
        "depth": wanted.depth,
    }
    assert {key: found[key] for key in expected} == expected
    assert {one.name for one in found["versions"]} == set(wanted.versions)
    assert not {"cert", "key", "cacerts"} & set(found)
    if wanted.close_plain:
        assert rabbit["tcp_listeners"] == []
    if wanted.management_port:
        _hold_management(config["rabbitmq_management"], wanted)


def _hold_management(management: dict[str, Any], wanted: ListenerEdit) -> None:
    place = options(management.get("ssl_config") or management["listener"])
    files = options(place["ssl_opts"]) if "ssl_opts" in place else place
    assert place["port"] == wanted.management_port
    assert (files["certfile"], files["keyfile"]) == (wanted.certfile, wanted.keyfile)
    assert files["cacertfile"] == wanted.cacertfile
