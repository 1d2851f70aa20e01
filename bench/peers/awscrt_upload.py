"""Uploads files by AWS's common runtime, at its defaults, with CRC64NVME in the trailer as AWS's own tools ask for."""

import os
import sys
import urllib.parse

from awscrt.auth import AwsCredentialsProvider
from awscrt.http import HttpHeaders, HttpRequest
from awscrt.io import ClientTlsContext, TlsConnectionOptions, TlsContextOptions
from awscrt.s3 import (
    S3ChecksumAlgorithm,
    S3ChecksumConfig,
    S3ChecksumLocation,
    S3Client,
    S3RequestTlsMode,
    S3RequestType,
)

# Requests that are begun at a time: more wait in the client anyway.
AT_A_TIME = 256


def main(path, prefix):
    url = urllib.parse.urlsplit(prefix)
    tls = None
    if url.scheme == "https":
        options = TlsContextOptions()
        options.override_default_trust_store_from_path(None, os.environ["AWS_CA_BUNDLE"])
        tls = TlsConnectionOptions(ClientTlsContext(options))
        tls.set_server_name(url.hostname)
    client = S3Client(
        region="us-east-1",
        credential_provider=AwsCredentialsProvider.new_static("AKIAEXAMPLE", "secret"),
        tls_mode=S3RequestTlsMode.ENABLED if tls else S3RequestTlsMode.DISABLED,
        tls_connection_options=tls,
    )
    checksum = S3ChecksumConfig(algorithm=S3ChecksumAlgorithm.CRC64NVME, location=S3ChecksumLocation.TRAILER)

    def put(file):
        key = url.path.rstrip("/") + "/" + os.path.basename(file)
        size = str(os.path.getsize(file))
        request = HttpRequest("PUT", key, HttpHeaders([("Host", url.netloc), ("Content-Length", size)]))
        return client.make_request(
            type=S3RequestType.PUT_OBJECT, request=request, send_filepath=file, checksum_config=checksum
        )

    files = [os.path.join(path, name) for name in os.listdir(path)] if os.path.isdir(path) else [path]
    going = []
    for file in files:
        if len(going) == AT_A_TIME:
            going.pop(0).finished_future.result()
        going.append(put(file))
    for request in going:
        request.finished_future.result()


if __name__ == "__main__":
    main(*sys.argv[1:])
