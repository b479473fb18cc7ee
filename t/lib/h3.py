# Copyright (C) ngx_hoop_module authors
#
# A client of HTTP/3 for the tests, on aioquic.  Reads one JSON object,
#
#     { "port": 1, "host": "localhost", "requests": [
#         { "method": "GET", "path": "/p/x", "headers": [["name", "value"]],
#           "body": "text", "leave": 1000 } ] }
#
# and sends the requests side by side over one connection.  "leave": ask no more
# after so many bytes of body.  Writes a JSON list, an object for each request:
#
#     { "hints": [...], "headers": [["name", "value"]], "trailers": [...],
#       "body": "base64", "ended": true, "reset": 258 }
#
# "ended" is true after a clean end; "reset" is the code of one that is none.

import asyncio
import base64
import json
import ssl
import sys

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, ErrorCode, H3Connection, HeadersState
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamReset


class Connection(H3Connection):
    """aioquic takes what follows an interim answer for trailers."""

    def _handle_request_or_push_frame(self, *args, **kwargs):
        events = super()._handle_request_or_push_frame(*args, **kwargs)

        for event in events:
            if isinstance(event, HeadersReceived) and interim(event.headers):
                stream = self._stream[event.stream_id]
                stream.headers_recv_state = HeadersState.INITIAL

        return events


def interim(headers):
    return dict(headers).get(b":status", b"").startswith(b"1")


def text(headers):
    return [[name.decode("latin-1"), value.decode("latin-1")]
            for name, value in headers]


class Client(QuicConnectionProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = Connection(self._quic)
        self.answers = {}
        self.open = {}

    def send(self, host, request):
        stream = self._quic.get_next_available_stream_id()
        body = request.get("body")
        headers = [(":method", request.get("method", "GET")),
                   (":scheme", "https"), (":authority", host),
                   (":path", request.get("path", "/"))]
        headers += [(name.lower(), value)
                    for name, value in request.get("headers", [])]

        self.answers[stream] = {"hints": [], "headers": None, "trailers": None,
                                "body": b"", "ended": False, "reset": None,
                                "leave": request.get("leave")}
        self.open[stream] = asyncio.get_running_loop().create_future()

        self.http.send_headers(
            stream, [(name.encode(), value.encode("latin-1"))
                     for name, value in headers], end_stream=body is None)

        if body is not None:
            self.http.send_data(stream, body.encode("latin-1"), True)

        self.transmit()
        return stream

    def over(self, stream):
        if not self.open[stream].done():
            self.open[stream].set_result(None)

    def quic_event_received(self, event):
        if isinstance(event, StreamReset) and event.stream_id in self.answers:
            self.answers[event.stream_id]["reset"] = event.error_code
            self.over(event.stream_id)

        if isinstance(event, ConnectionTerminated):
            for stream, answer in self.answers.items():
                if not answer["ended"] and answer["reset"] is None:
                    answer["reset"] = event.error_code
                self.over(stream)

        for event in self.http.handle_event(event):
            self.http_event(event)

    def http_event(self, event):
        answer = self.answers.get(getattr(event, "stream_id", None))

        if answer is None:
            return

        if isinstance(event, HeadersReceived):
            if interim(event.headers):
                answer["hints"].append(text(event.headers))
            elif answer["headers"] is None:
                answer["headers"] = text(event.headers)
            else:
                answer["trailers"] = text(event.headers)

        elif isinstance(event, DataReceived):
            answer["body"] += event.data or b""

        if event.stream_ended:
            answer["ended"] = True
            self.over(event.stream_id)

        elif answer["leave"] and len(answer["body"]) >= answer["leave"]:
            if not self.open[event.stream_id].done():
                self._quic.stop_stream(event.stream_id,
                                       ErrorCode.H3_REQUEST_CANCELLED)
                self.transmit()
            self.over(event.stream_id)


async def run(job):
    config = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN,
                               verify_mode=ssl.CERT_NONE)

    async with connect("127.0.0.1", job["port"], configuration=config,
                       create_protocol=Client) as client:
        streams = [client.send(job.get("host", "localhost"), request)
                   for request in job["requests"]]
        await asyncio.wait(list(client.open.values()),
                           timeout=job.get("timeout", 8))

        return [client.answers[stream] for stream in streams]


answers = asyncio.run(run(json.load(sys.stdin)))

for answer in answers:
    answer["body"] = base64.b64encode(answer["body"]).decode()

json.dump(answers, sys.stdout)
