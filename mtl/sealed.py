"""JSON that carries its own checksum: what is torn, or has changed since, is told from what was written."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

SEAL = "checksum"


def seal(body: Mapping[str, Any]) -> str:
    """The body as text, with its own checksum at the end."""
    checksum = blake2b(json.dumps(body).encode(), digest_size=16).hexdigest()
    return json.dumps({**body, SEAL: checksum}, indent=1) + "\n"


def unseal(text: str) -> dict[str, Any] | None:
    """The body of a sealed text; None where that is not what was written."""
    try:
        body: dict[str, Any] = json.loads(text)
        del body[SEAL]
        return body if seal(body) == text else None
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
