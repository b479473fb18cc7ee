#!/usr/bin/env python3

# Copyright (C) ngx_hoop_module authors

"""A small OIDC issuer: who the demo's agent and humans sign in with.

    GET  /.well-known/openid-configuration
    GET  /jwks
    POST /token    client_id=...&client_secret=...

It is a program of its own that shares nothing with the gateway: the RSA key is
made and the tokens are signed by the openssl command.

--clients names a JSON file: {"ID": {"secret": "...", "claims": {...},
"lifetime": SECONDS}, ...}.  The claims stand in the token as they are; iss,
iat, exp, nbf and jti are added.
"""

import argparse
import base64
import hashlib
import hmac
import http.server
import json
import secrets
import subprocess
import time
import urllib.parse


LIFETIME = 300
BODY_MAX = 16 * 1024


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


class Key:

    def __init__(self, path):
        self.path = path
        subprocess.run(["openssl", "genrsa", "-out", path, "2048"],
                       check=True, capture_output=True)
        out = subprocess.run(["openssl", "rsa", "-in", path, "-noout",
                              "-modulus"], check=True, capture_output=True)
        modulus = bytes.fromhex(out.stdout.decode().strip().split("=", 1)[1])

        self.jwk = {"kty": "RSA", "use": "sig", "alg": "RS256",
                    "n": b64(modulus), "e": b64(b"\x01\x00\x01")}

        # RFC 7638
        thumbprint = compact({name: self.jwk[name]
                              for name in ("e", "kty", "n")})
        self.jwk["kid"] = b64(hashlib.sha256(thumbprint).digest())

    def sign(self, claims):
        header = {"alg": "RS256", "typ": "at+jwt", "kid": self.jwk["kid"]}
        text = b64(compact(header)) + "." + b64(compact(claims))
        out = subprocess.run(["openssl", "dgst", "-sha256", "-sign",
                              self.path], input=text.encode(), check=True,
                             capture_output=True)
        return text + "." + b64(out.stdout)


class Handler(http.server.BaseHTTPRequestHandler):

    protocol_version = "HTTP/1.1"
    server_version = "idp"
    sys_version = ""

    def log_message(self, *args):
        pass

    def answer(self, status, value):
        body = compact(value)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        server = self.server

        if self.path == "/.well-known/openid-configuration":
            return self.answer(200, {
                "issuer": server.issuer,
                "jwks_uri": server.issuer + "/jwks",
                "token_endpoint": server.issuer + "/token",
                "grant_types_supported": ["client_credentials"],
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            })

        if self.path == "/jwks":
            return self.answer(200, {"keys": [server.key.jwk]})

        return self.answer(404, {"error": "not_found"})

    def do_POST(self):
        try:
            length = int(self.headers.get("Content-Length", "0"))
        except ValueError:
            length = -1

        if self.path != "/token" or not 0 <= length <= BODY_MAX:
            self.close_connection = True
            return self.answer(404, {"error": "not_found"})

        form = dict(urllib.parse.parse_qsl(
            self.rfile.read(length).decode("ascii", "replace")))
        client = self.server.clients.get(form.get("client_id"))

        if client is None or not hmac.compare_digest(
                form.get("client_secret", "").encode(),
                client["secret"].encode()):
            return self.answer(401, {"error": "invalid_client"})

        now = int(time.time())
        lifetime = client.get("lifetime", LIFETIME)
        claims = {"iss": self.server.issuer, "iat": now, "nbf": now,
                  "exp": now + lifetime, "jti": secrets.token_hex(8)}
        claims.update(client["claims"])

        return self.answer(200, {
            "access_token": self.server.key.sign(claims),
            "token_type": "Bearer",
            "expires_in": lifetime,
        })


def main():
    parser = argparse.ArgumentParser(description="the demo's OIDC issuer")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", required=True, help="where to put the key")
    parser.add_argument("--clients", required=True)
    args = parser.parse_args()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    server.daemon_threads = True
    server.issuer = "http://127.0.0.1:%d" % server.server_address[1]
    server.key = Key(args.key)

    with open(args.clients, encoding="utf-8") as f:
        server.clients = json.load(f)

    print(server.server_address[1], flush=True)

    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
