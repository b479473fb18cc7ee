#!/usr/bin/env python3

# Copyright (C) ngx_hoop_module authors

"""A small CRM over HTTP: the protected target of the demo.

    GET    /v1/customers             all of them
    GET    /v1/customers/ID          one
    DELETE /v1/customers?id=ID       one
    DELETE /v1/customers?status=S    those with a status; without a query, all
    POST   /v1/sql {"query": "..."}  one SQL statement

It knows one credential of its own, the service key, as "Authorization:
Bearer KEY" or "X-Api-Key: KEY", and refuses everything else.  It knows nothing
of agents, tokens or policies: that is the gateway's work.

GET /__seen tells what has arrived so far, for the demo's own checks.  Of each
credential it keeps a fingerprint only.

Answers leave in pieces of 13 bytes, so that no value reaches the gateway
whole.
"""

import argparse
import hashlib
import hmac
import http.server
import json
import sqlite3
import threading
import urllib.parse


PIECE = 13
BODY_MAX = 64 * 1024

# numbers of the card schemes' test ranges, and SSNs that belong to nobody
CUSTOMERS = [
    ("Ada Vendel", "ada.vendel@example.com", "536-22-8741",
     "4242 4242 4242 4242", "active",
     "called from ada@home.example, asked for invoice 20260117"),
    ("Bao Nguy\u1ec5n", "bao@example.net", "401-83-2265",
     "5555-5555-5555-4444", "active",
     "SSN 401-83-2265 confirmed on the phone"),
    ("Chiara Rossi", "c.rossi@example.org", "212-64-9038",
     "378282246310005", "closed",
     "moved; last charge on 378282246310005 was refunded"),
    ("Dmitri Orlov", "orlov@example.com", "308-51-7724",
     "6011 1111 1111 1117", "closed",
     "paid order 1000200030004 in two parts"),
]


class Store:
    """SQLite in memory, one connection, one user at a time."""

    def __init__(self):
        self.lock = threading.Lock()
        self.db = sqlite3.connect(":memory:", check_same_thread=False,
                                  isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY,"
                        " name TEXT, email TEXT, ssn TEXT, card TEXT,"
                        " status TEXT, note TEXT)")
        self.db.executemany("INSERT INTO customers (name, email, ssn, card,"
                            " status, note) VALUES (?, ?, ?, ?, ?, ?)",
                            CUSTOMERS)

    def run(self, sql, args=()):
        with self.lock:
            cursor = self.db.execute(sql, args)
            rows = [dict(row) for row in cursor.fetchall()]
            return rows, cursor.rowcount


class Handler(http.server.BaseHTTPRequestHandler):

    protocol_version = "HTTP/1.1"
    server_version = "crm"
    sys_version = ""
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def answer(self, status, value):
        body = (json.dumps(value) + "\n").encode()
        chunked = self.request_version == "HTTP/1.1"

        self.send_response(status)
        self.send_header("Content-Type", "application/json")

        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(body)))

        self.end_headers()

        for i in range(0, len(body), PIECE):
            piece = body[i:i + PIECE]
            if chunked:
                piece = b"%x\r\n%s\r\n" % (len(piece), piece)
            self.wfile.write(piece)

        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def body(self):
        """The request body, or None where it cannot be read."""

        try:
            length = int(self.headers.get("Content-Length", "0"))
        except ValueError:
            length = -1

        if "Transfer-Encoding" in self.headers or not 0 <= length <= BODY_MAX:
            self.close_connection = True
            return None

        return self.rfile.read(length)

    def credentials(self):
        found = []

        for value in self.headers.get_all("Authorization", []):
            found.append(value.split(" ", 1)[-1].strip())

        found.extend(self.headers.get_all("X-Api-Key", []))
        return found

    def note(self, path, keys):
        self.server.seen.append({
            "method": self.command,
            "path": path,
            "credentials": [fingerprint(key) for key in keys],
            "session": self.headers.get("Hoop-Session"),
            "headers": sorted(name.lower() for name in self.headers),
        })

    def handle_any(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))

        body = self.body()
        if body is None:
            return self.answer(413, {"error": "body"})

        if url.path == "/__seen":
            return self.answer(200, self.server.seen)

        keys = self.credentials()
        self.note(self.path, keys)

        if len(keys) != 1 or not hmac.compare_digest(
                keys[0].encode(), self.server.key.encode()):
            return self.answer(401, {"error": "the CRM knows one key only"})

        try:
            status, value = self.route(url.path, query, body)

        except (sqlite3.Error, sqlite3.Warning) as e:
            status, value = 400, {"error": str(e)}

        except (ValueError, KeyError, TypeError):
            status, value = 400, {"error": "not understood"}

        return self.answer(status, value)

    def route(self, path, query, body):
        store = self.server.store

        if path == "/v1/sql" and self.command == "POST":
            rows, _ = store.run(json.loads(body)["query"])
            return 200, {"rows": rows}

        if path == "/v1/customers":
            if self.command == "GET":
                rows, _ = store.run("SELECT * FROM customers ORDER BY id")
                return 200, {"customers": rows}

            if self.command == "DELETE":
                return 200, {"deleted": self.delete(store, query)}

            return 405, {"error": "method"}

        if path.startswith("/v1/customers/") and self.command == "GET":
            rows, _ = store.run("SELECT * FROM customers WHERE id = ?",
                                (int(path.rsplit("/", 1)[1]),))
            if rows:
                return 200, rows[0]

        return 404, {"error": "not found"}

    def delete(self, store, query):
        for name in ("id", "status"):
            if name in query:
                _, count = store.run(
                    "DELETE FROM customers WHERE %s = ?" % name,
                    (query[name],))
                return count

        _, count = store.run("DELETE FROM customers")
        return count

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any


def fingerprint(secret):
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser(description="the demo's CRM")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key-file", required=True)
    args = parser.parse_args()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    server.daemon_threads = True
    server.store = Store()
    server.seen = []

    with open(args.key_file, encoding="ascii") as f:
        server.key = f.read().strip()

    print(server.server_address[1], flush=True)

    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
