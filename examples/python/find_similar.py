#!/usr/bin/env python3
"""Asks a Lookbook server which garments look like a photo, and prints neighbours and class scores.

    find_similar.py PHOTO

Environment: LOOKBOOK_SERVER (localhost:50051); for TLS LOOKBOOK_CA, a PEM file of who signed the server's certificate;
for a server that asks who calls LOOKBOOK_CERT and LOOKBOOK_KEY, PEM files, or LOOKBOOK_TOKEN. With any of the four the
connection is TLS.
Exit codes: 0 answered, 1 the call failed, 2 wrong usage.
"""
import json
import os
import pathlib
import sys

sys.path.insert(0, os.environ.get("LOOKBOOK_STUBS", str(pathlib.Path(__file__).parent / "stubs")))  # Of make_stubs.

import grpc
from google.rpc import error_details_pb2, status_pb2
from lookbook.v1 import search_pb2, search_pb2_grpc

# Seconds that one call may take, all its attempts together.
DEADLINE = 5

# gRPC tries again by itself: where a server was lost or stops (UNAVAILABLE), and where it is full (RESOURCE_EXHAUSTED),
# which then says in `grpc-retry-pushback-ms` when to come back. Throttling stops retries while most calls fail.
# round_robin uses every address that the name has, and leaves out servers whose health is not SERVING.
SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": "lookbook.v1.SearchService"},
    "methodConfig": [{
        "name": [{"service": "lookbook.v1.SearchService", "method": "Search"}],
        "retryPolicy": {
            "maxAttempts": 3,
            "initialBackoff": "0.1s",
            "maxBackoff": "2s",
            "backoffMultiplier": 2,
            "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
        },
    }],
    "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
}


def credentials():
    """None: plain text."""
    ca, certificate, key, token = (os.environ.get(f"LOOKBOOK_{name}") for name in ("CA", "CERT", "KEY", "TOKEN"))
    if not (ca or certificate or key or token):
        return None

    def read(path):
        return pathlib.Path(path).read_bytes() if path else None

    tls = grpc.ssl_channel_credentials(read(ca), read(key), read(certificate))  # Without ca: whom grpcio trusts.
    if not token:
        return tls
    # Sent with every call as "authorization: Bearer TOKEN"; gRPC does so over TLS alone.
    return grpc.composite_channel_credentials(tls, grpc.access_token_call_credentials(token))


def open_channel():
    """One channel serves all threads of a program, for as long as it runs."""
    target = os.environ.get("LOOKBOOK_SERVER") or "localhost:50051"
    options = [
        ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
        # A call is tried again only while its message is kept; by default 256 KiB are, less than a photo.
        ("grpc.per_rpc_retry_buffer_size", 20 << 20),
    ]
    security = credentials()
    if security is None:
        return grpc.insecure_channel(target, options)
    return grpc.secure_channel(target, security, options)


def reason_of(error):
    """The machine-readable reason of a refusal (docs/api.md); empty when gRPC itself refused."""
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for detail in status_pb2.Status.FromString(value).details:
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info):
                return info.reason
    return ""


def show(reply):
    print(f"bundle {reply.bundle_id}\nneighbours")
    for neighbor in reply.neighbors:
        print(f"  {neighbor.similarity:.3f}  {neighbor.item_id}")
    print("classes")
    for score in reply.classes:
        print(f"  {score.score:.3f}  {score.name}{'  predicted' if score.predicted else ''}")


def main(arguments):
    if len(arguments) != 1:
        print("usage: find_similar.py PHOTO", file=sys.stderr)
        return 2
    try:
        image = pathlib.Path(arguments[0]).read_bytes()
        channel = open_channel()
    except OSError as error:  # A file.
        print(f"find_similar: {error}", file=sys.stderr)
        return 2
    with channel:
        request = search_pb2.SearchRequest(image=image, top_k=5, top_classes=5)
        try:
            reply = search_pb2_grpc.SearchServiceStub(channel).Search(request, timeout=DEADLINE)
        except grpc.RpcError as error:
            print(f"{error.code().name} {reason_of(error)}: {error.details()}", file=sys.stderr)
            return 1
    show(reply)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
