"""What each protocol of a URL may do, and which names in it are followed."""

from __future__ import annotations

import re

from segprior.errors import ConfigError

__all__ = ["ARCHIVES", "CACHES", "READ", "WRITTEN", "check_name", "check_url", "is_near"]

_NEAR = frozenset({"file", "local", "memory"})
WRITTEN = _NEAR | {
    "abfs", "abfss", "adl", "az", "ftp", "gcs", "gs", "hdfs", "oci", "oss", "s3", "s3a", "sftp",
    "smb", "ssh", "swift", "webdav", "webhdfs",
}  # fmt: skip
"""Protocols at which images may be read and results written."""

READ = WRITTEN | {"http", "https"}
"""Protocols at which images may be read."""

ARCHIVES = frozenset({"tar", "zip"})
"""What stands before ``::`` for a file in an archive, which is read only."""

CACHES = frozenset({"blockcache", "filecache", "simplecache"})
"""What stands before ``::`` for a copy in the temporary folder, which is read only."""

_LINK = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)(?:://(.*))?", re.DOTALL)


def check_url(url: str, *, write: bool = False) -> None:
    """Refuse a URL that may lead elsewhere than it says.

    Parameters
    ----------
    url : str
        Also a chain: ``zip://a.png::s3://bucket/x.zip``.
    write : bool
        Whether results are to go there.

    Raises
    ------
    ConfigError
        If a protocol is not one of those above, or a name leads out of where it is looked for.
    """
    *before, last = url.split("::")
    for link in before:
        protocol, inside = _parts(link)
        if protocol not in ARCHIVES | CACHES:
            raise ConfigError(f"{url}: {protocol or link}:: is not followed; {_allowed()}")
        if write:
            raise ConfigError(f"{url}: nothing is written through {protocol}::; name a folder")
        check_name(inside, url)
        if protocol in ARCHIVES and (inside.startswith("/") or inside[1:2] == ":"):
            raise ConfigError(f"{url}: {inside!r} lies outside the archive; name a file in it")
    protocol, inside = _parts(last)
    allowed = WRITTEN if write else READ
    if protocol in ARCHIVES | CACHES:
        raise ConfigError(f"{url}: {protocol}:// of what? Say {protocol}://…::FILE")
    if protocol and protocol not in allowed:
        what = "written to" if write else "read"
        raise ConfigError(f"{url}: {protocol}:// is not {what}; {_allowed(write)}")
    if ("://" in last and protocol not in _NEAR) or protocol == "memory":
        check_name(inside, url)


def _parts(link: str) -> tuple[str, str]:
    """Protocol and rest of a link; of a plain path there is no protocol."""
    found = _LINK.fullmatch(link)
    if found is None or (found[2] is None and found[1].lower() not in ARCHIVES | CACHES):
        return "", link
    return found[1].lower(), found[2] or ""


def _allowed(write: bool = False) -> str:
    names = sorted(WRITTEN if write else READ | ARCHIVES)
    return f"use a path, or one of {', '.join(names)}"


def check_name(name: str, where: object) -> None:
    """Refuse a name with a step upwards, which would leave the folder that it is put below.

    Raises
    ------
    ConfigError
        With `where`, what named it.
    """
    if ".." in re.split(r"[/\\]", name):
        raise ConfigError(f"{where}: '..' leads out of its folder; write the whole name without it")


def is_near(url: str) -> bool:
    """Tell whether a URL or path is of this machine itself."""
    return _parts(url.rpartition("::")[2])[0] in {*_NEAR, ""}
