"""What a page may say of single people: customer ids as keyed hashes, comments without addresses, numbers and names."""

from __future__ import annotations

import hmac
import os
import secrets
import time
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from kpikit.errors import MachineError, one_of
from kpikit.scrubbing import scrubbed

__all__ = ["hash_key", "hashed", "scrubbed"]

KEY_VARIABLE = "KPIKIT_HASH_KEY"
SHOWN_DIGITS = 12
READ_ATTEMPTS, SECONDS_BETWEEN_ATTEMPTS = 20, 0.05


def hashed(ids: Iterable[object], *, mode: str = "hashed") -> list[str]:
    """Return customer ids as they may be shown: keyed hashes (HMAC-SHA-256, 12 hexadecimal digits), or in clear.

    Parameters
    ----------
    mode
        ``hashed`` or ``clear``, as ``privacy.customer_ids`` in kpikit.yaml says.

    Notes
    -----
    The key is the environment's ``KPIKIT_HASH_KEY`` or, without it, a random one kept in the user's configuration
    folder. Equal keys give equal hashes, so whoever has key and ids can find a customer again.
    """
    one_of("customer_ids", mode, ("hashed", "clear"))
    if mode == "clear":
        return [str(one) for one in ids]
    key = hash_key()
    return [hmac.new(key, str(one).encode(), sha256).hexdigest()[:SHOWN_DIGITS] for one in ids]


def hash_key() -> bytes:
    """Return the key: from the environment, else from the user's configuration folder, where one is made if need be."""
    given = os.environ.get(KEY_VARIABLE)
    if given:
        return given.encode()
    path = Path("kpikit", "hash.key")
    try:
        base = os.environ.get("APPDATA") or os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        path = Path(base) / path
        return _kept_key(path)
    except (OSError, RuntimeError) as problem:  # RuntimeError: the user has no home folder
        raise MachineError(
            "a key for customer ids in the user's configuration folder",
            got=f"{type(problem).__name__}: {getattr(problem, 'strerror', None) or problem}",
            fix=f"Set {KEY_VARIABLE} to a long random text, or privacy.customer_ids: clear in kpikit.yaml.",
            where=str(path),
        ) from None


def _kept_key(path: Path) -> bytes:
    """Return the key in a file that only its user can read; the first process to come makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    for _ in range(READ_ATTEMPTS):
        if key := path.read_bytes():
            return key
        time.sleep(SECONDS_BETWEEN_ATTEMPTS)  # another process has made the file and not written yet
    raise OSError(0, "the file is empty: delete it")
