"""What ``serve`` refuses before it listens."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import Command


@pytest.mark.parametrize("more", [(), ("--behind-proxy",)])
def test_an_address_others_reach_is_refused_without_a_key(mintmark: Command, more: tuple[str, ...]):
    left = mintmark("serve", "--host", "0.0.0.0", "--port", "0", *more)

    assert (left.code, left.stdout) == (3, "")
    assert left.stderr.startswith("exposed  0.0.0.0 can be reached by others, and there is no key")
    assert "mintmark key create" in left.stderr


def test_a_revoked_key_is_none(mintmark: Command):
    made = mintmark("key", "create", "--name", "gone", "--role", "admin", "--json").body["data"]
    mintmark("key", "revoke", made["key_id"])

    left = mintmark("serve", "--host", "0.0.0.0", "--port", "0", "--behind-proxy")

    assert left.code == 3
    assert "there is no key" in left.stderr


def test_an_address_others_reach_is_refused_with_a_key_but_without_tls(mintmark: Command):
    mintmark("key", "create", "--name", "a", "--role", "admin")

    left = mintmark("serve", "--host", "0.0.0.0", "--port", "0")

    assert left.code == 3
    assert left.stderr.startswith("exposed  0.0.0.0 can be reached by others: name --tls-cert and --tls-key")


@pytest.mark.parametrize("alone", ["--tls-cert", "--tls-key"])
def test_a_certificate_and_its_key_go_together(mintmark: Command, tmp_path: Path, alone: str):
    left = mintmark("serve", "--port", "0", alone, str(tmp_path / "one.pem"))

    assert left.code == 2
    assert "go together" in left.stderr


def test_files_that_are_no_certificate_are_refused_before_anything_listens(mintmark: Command, tmp_path: Path):
    (tmp_path / "bad.pem").write_text("no certificate")

    missing, bad = (
        mintmark("serve", "--port", "0", "--tls-cert", str(tmp_path / name), "--tls-key", str(tmp_path / name))
        for name in ("nope.pem", "bad.pem")
    )

    assert [missing.code, bad.code] == [3, 3]
    assert "nope.pem: No such file or directory" in missing.stderr
    assert bad.stderr.startswith("tls_unusable")
