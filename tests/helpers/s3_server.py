"""A real S3 server on loopback: moto's, over HTTP."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

KEY, SECRET = "drop-key", "drop secret of s3"


@dataclass
class S3Server:
    """Where it is, and a client of its own to put things there."""

    url: str
    client: Any

    def bucket(self, name: str) -> str:
        """Make a bucket."""
        self.client.create_bucket(Bucket=name)
        return name

    def put(self, bucket: str, key: str, body: bytes | str) -> None:
        """Put an object there, replacing one of that name."""
        self.client.put_object(Bucket=bucket, Key=key, Body=body)

    def keys(self, bucket: str) -> list[str]:
        """Return the names of all objects of a bucket."""
        return sorted(item["Key"] for item in self.client.list_objects_v2(Bucket=bucket).get("Contents", []))

    def config(self, bucket: str, **others: object) -> dict[str, object]:
        """Return the location's entry in a settings file."""
        return {
            "type": "s3", "bucket": bucket, "endpoint_url": self.url, "region": "us-east-1", "key": KEY,
            "secret": SECRET, **others,
        }  # fmt: skip


@contextmanager
def serving() -> Iterator[S3Server]:
    """Serve S3 on a free port until the block ends, without what earlier blocks put there."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()
    client = boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET
    )
    try:
        yield S3Server(url, client)
    finally:
        server.stop()
