"""A hub of data sets and models on loopback: as much of the real one's interface as its clients use."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

import yaml

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PARQUET = "refs/convert/parquet"


@dataclass
class Hub:
    """Repositories as files by revision, and what was asked for."""

    repositories: Mapping[str, Mapping[str, bytes]]
    """`datasets/owner/name@revision` or `models/name@main`, and each file's content."""
    asked: list[str] = field(default_factory=list)
    url: str = ""
    withheld: str = ""
    """Files whose path ends so are listed, but not given."""

    def files(self, kind: str, repository: str, revision: str) -> Mapping[str, bytes] | None:
        if revision == COMMIT:
            names = [f"{kind}/{repository}@{one}" for one in (PARQUET, "main")]
            found = [self.repositories[name] for name in names if name in self.repositories]
            return found[0] if found else None
        return self.repositories.get(f"{kind}/{repository}@{revision}")


@contextmanager
def serving(repositories: Mapping[str, Mapping[str, bytes]]) -> Iterator[Hub]:
    """A hub that lives as long as the block."""
    hub = Hub(repositories)

    class Handler(_Handler):
        served = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    served: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        self._answer(body=True, form=self.rfile.read(size).decode())

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, *, body: bool, form: str = "") -> None:
        path = unquote(urlsplit(self.path).path).strip("/")
        self.served.asked.append(f"{self.command} {path} {form}".rstrip())
        if path.startswith("api/"):
            self._api(path.removeprefix("api/"), form)
        elif "/resolve/" in path:
            self._resolve(path, body=body)
        else:
            self._refuse("RepoNotFound")

    def _api(self, path: str, form: str) -> None:
        kind, _, rest = path.partition("/")
        for verb in ("revision", "tree", "paths-info", None):
            name, found, tail = rest.partition(f"/{verb}/")
            if found:
                break
        else:
            name, tail = rest, "main"
        revision = next((one for one in (PARQUET, COMMIT, "main") if f"{tail}/".startswith(f"{one}/")), tail)
        if not any(one.startswith(f"{kind}/{name}@") for one in self.served.repositories):
            return self._refuse("RepoNotFound")
        files = self.served.files(kind, name, revision)
        if files is None:
            return self._refuse("RevisionNotFound")
        if verb in ("revision", None):
            siblings = [{"rfilename": file} for file in files]
            card = yaml.safe_load(files.get("README.md", b"---\n{}\n---").decode().split("---")[1])
            return self._json({"id": name, "sha": COMMIT, "siblings": siblings, "tags": [], "cardData": card})
        folder = tail.removeprefix(revision).strip("/")
        if verb == "tree":
            inside = [one for one in files if one.startswith(f"{folder}/" if folder else "")]
            return self._json([_entry(one, files[one]) for one in inside])
        wanted = json.loads(form)["paths"]
        return self._json([_entry(one, files[one]) for one in wanted if one in files])

    def _resolve(self, path: str, *, body: bool) -> None:
        kind = "datasets" if path.startswith("datasets/") else "models"
        name, _, tail = path.removeprefix("datasets/").partition("/resolve/")
        revision = next(one for one in (PARQUET, COMMIT, "main") if tail.startswith(f"{one}/"))
        files = self.served.files(kind, name, revision)
        file = tail.removeprefix(f"{revision}/")
        withheld = bool(self.served.withheld) and file.endswith(self.served.withheld)
        if files is None or file not in files or withheld:
            return self._refuse("EntryNotFound")
        content = files[file]
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        part = content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(part)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"{sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if body:
            self.wfile.write(part)

    def _json(self, value: object) -> None:
        text = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _refuse(self, code: str) -> None:
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", "not here")
        self.send_header("Content-Length", "0")
        self.end_headers()


def _entry(path: str, content: bytes) -> dict[str, object]:
    digest = sha256(content).hexdigest()
    return {"type": "file", "path": path, "size": len(content), "oid": digest[:40]}
