/**
 * The rules of HTTP for a file, as a transcript on a real socket: what is sent, what comes back, and the sentence of RFC 9110
 * or RFC 9111 that it keeps. Every line is asked twice: of the short way, and of the routes, which must not differ.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { utimes } from "node:fs/promises";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createWorld, transcript } from "@video-backend/testing";
import { createTestStreaming, rawExchange } from "../testing.ts";

const segment = "/stream/film/720p/segment-00001.m4s";
const playlist = "/stream/film/720p/playlist.m3u8";
const modified = "Sun, 06 Nov 1994 08:49:37 GMT";
const before = "Sun, 06 Nov 1994 08:49:36 GMT";
const after = "Sun, 06 Nov 1994 08:49:38 GMT";
const text = `#EXTM3U\n${"#EXTINF:4.000000,\n".repeat(100)}`;

/** `$tag` and `$br` stand for the entity tags that a plain GET and a GET of brotli were answered with. */
interface Line {
  target?: string;
  method?: string;
  sends?: Record<string, string>;
  status: number;
  /** A field with null must not be there. */
  answers?: Record<string, string | RegExp | null>;
  body?: string;
}

/** Sentence to the exchanges that keep it. */
const rules: Record<string, Record<string, Line[]>> = {
  "RFC 9110, 8: representation data and metadata": {
    "8.3: A sender that generates a message containing content SHOULD generate a Content-Type header field": [
      { status: 200, answers: { "content-type": "video/iso.segment" }, body: "0123456789" },
      { target: playlist, status: 200, answers: { "content-type": "application/vnd.apple.mpegurl" } },
      { target: "/stream/film/poster.jpg", status: 200, answers: { "content-type": "image/jpeg" } },
      { target: "/stream/film/manifest.mpd", status: 200, answers: { "content-type": "application/dash+xml" } },
      { target: "/stream/film/720p/init-libx264.mp4", status: 200, answers: { "content-type": "video/mp4" } },
      { target: "/stream/film/subtitles/1-en/subtitles.vtt", status: 200, answers: { "content-type": "text/vtt" } },
    ],
    "8.6: a server MAY send a Content-Length in a response to a HEAD request; it must equal what GET would have sent": [
      { method: "HEAD", status: 200, answers: { "content-length": "10" }, body: "" },
      { method: "HEAD", target: playlist, status: 200, answers: { "content-length": String(text.length) }, body: "" },
    ],
    "8.8.2: An origin server SHOULD send Last-Modified for any selected representation": [
      { status: 200, answers: { "last-modified": modified } },
    ],
    "8.8.3: An origin server SHOULD send an ETag for any selected representation": [
      { status: 200, answers: { etag: /^"[^"]+"$/ } },
    ],
    "8.8.3.3: a strong entity tag of one coding must not be that of another": [
      { target: playlist, sends: { "accept-encoding": "br" }, status: 200, answers: { etag: "$br" } },
      { target: playlist, sends: { "accept-encoding": "gzip" }, status: 200, answers: { etag: /-gzip"$/ } },
      { target: playlist, status: 200, answers: { etag: "$tag" } },
    ],
  },
  "RFC 9110, 9 and 15: methods and statuses": {
    "9.3.2: the HEAD method is identical to GET except that the server MUST NOT send content": [
      { method: "HEAD", status: 200, answers: { etag: "$tag", "cache-control": /immutable/ }, body: "" },
      { method: "HEAD", sends: { "if-none-match": "$tag" }, status: 304, body: "" },
    ],
    "15.5.6: The origin server MUST generate an Allow header field in a 405 response": [
      "POST",
      "PUT",
      "DELETE",
      "PATCH",
    ].map((method) => ({ method, status: 405, answers: { allow: "GET, HEAD, OPTIONS", "cache-control": "no-store" } })),
    "15.5.5: did not find a current representation": [
      {
        target: "/stream/film/720p/segment-00002.m4s",
        status: 404,
        answers: { etag: null, "cache-control": "no-store" },
      },
    ],
  },
  "RFC 9110, 12: content negotiation": {
    "12.5.3: gzip or br, whichever the client weighs more; an equal weight is ours to decide": [
      {
        target: playlist,
        sends: { "accept-encoding": "gzip, br" },
        status: 200,
        answers: { "content-encoding": "br" },
      },
      {
        target: playlist,
        sends: { "accept-encoding": "gzip;q=1.0, br;q=0.5" },
        status: 200,
        answers: { "content-encoding": "gzip" },
      },
      { target: playlist, sends: { "accept-encoding": "*" }, status: 200, answers: { "content-encoding": "br" } },
    ],
    "12.5.3: If the representation has no content coding, then it is acceptable by default": [
      ...["identity", "br;q=0, gzip;q=0", "deflate", "", "identity, br;q=0.5", ";;,,=", "br;q=0"].map((accepted) => ({
        target: playlist,
        sends: { "accept-encoding": accepted },
        status: 200,
        answers: { "content-encoding": null, "content-length": String(text.length) },
      })),
      { sends: { "accept-encoding": "br" }, status: 200, answers: { "content-encoding": null, vary: null } },
    ],
    "12.5.5: An origin server SHOULD generate a Vary header field on a cacheable response when it used a request field to select it":
      [
        { target: playlist, status: 200, answers: { vary: "Accept-Encoding" } },
        { target: playlist, sends: { "accept-encoding": "br" }, status: 200, answers: { vary: "Accept-Encoding" } },
        { target: playlist, sends: { "if-none-match": "$tag" }, status: 304, answers: { vary: "Accept-Encoding" } },
      ],
  },
  "RFC 9110, 13: conditional requests": {
    "13.1.1: If-Match with '*' is false if the origin server does not have a current representation": [
      { sends: { "if-match": "*" }, status: 200 },
    ],
    "13.1.1: An origin server MUST use the strong comparison function for If-Match": [
      { sends: { "if-match": "$tag" }, status: 200 },
      { sends: { "if-match": '"other", $tag' }, status: 200 },
      { sends: { "if-match": "W/$tag" }, status: 412, answers: { "content-type": "application/problem+json" } },
      { sends: { "if-match": '"other"' }, status: 412, answers: { "cache-control": "no-store", etag: null } },
      { method: "HEAD", sends: { "if-match": '"other"' }, status: 412, body: "" },
    ],
    "13.1.2: A recipient MUST use the weak comparison function for If-None-Match; it may be a list": [
      { sends: { "if-none-match": "$tag" }, status: 304, body: "" },
      { sends: { "if-none-match": "W/$tag" }, status: 304 },
      { sends: { "if-none-match": '"a,b" ,W/"x" , $tag' }, status: 304 },
      { sends: { "if-none-match": "*" }, status: 304 },
      { sends: { "if-none-match": '"other", W/"another"' }, status: 200 },
      { sends: { "if-none-match": "no tag at all" }, status: 200 },
    ],
    "13.1.2: compared with the representation that would be selected, its coding too": [
      {
        target: playlist,
        sends: { "if-none-match": "$br", "accept-encoding": "br" },
        status: 304,
        answers: { etag: "$br" },
      },
      { target: playlist, sends: { "if-none-match": "$br" }, status: 200 },
      { target: playlist, sends: { "if-none-match": "$tag", "accept-encoding": "br" }, status: 200 },
    ],
    "13.1.3: If-Modified-Since: false if the last modification is earlier or equal": [
      { sends: { "if-modified-since": modified }, status: 304 },
      { sends: { "if-modified-since": after }, status: 304 },
      { sends: { "if-modified-since": before }, status: 200 },
    ],
    "5.6.7: A recipient MUST accept all three HTTP-date formats": [
      { sends: { "if-modified-since": "Sunday, 06-Nov-94 08:49:37 GMT" }, status: 304 },
      { sends: { "if-modified-since": "Sun Nov  6 08:49:37 1994" }, status: 304 },
    ],
    "13.1.3: A recipient MUST ignore If-Modified-Since if it is not a valid HTTP-date": [
      ...["yesterday", "1994-11-06T08:49:38Z", "Sun, 06 Nov 1994 08:49:38", "2030"].map((date) => ({
        sends: { "if-modified-since": date },
        status: 200,
      })),
    ],
    "13.1.3: A recipient MUST ignore If-Modified-Since if the request contains If-None-Match": [
      { sends: { "if-none-match": '"other"', "if-modified-since": after }, status: 200 },
      { sends: { "if-none-match": "$tag", "if-modified-since": before }, status: 304 },
    ],
    "13.1.4: If-Unmodified-Since: true if the last modification is earlier or equal": [
      { sends: { "if-unmodified-since": modified }, status: 200 },
      { sends: { "if-unmodified-since": before }, status: 412 },
      { sends: { "if-unmodified-since": "some day" }, status: 200 },
    ],
    "13.1.4: A recipient MUST ignore If-Unmodified-Since if the request contains If-Match": [
      { sends: { "if-match": "$tag", "if-unmodified-since": before }, status: 200 },
    ],
    "13.2.1: A server MUST ignore all preconditions if its response without them would be other than 2xx or 412": [
      { target: "/stream/film/none.jpg", sends: { "if-match": '"a"' }, status: 404 },
      { target: "/stream/film/none.jpg", sends: { "if-none-match": "*" }, status: 404 },
    ],
    "13.2.2: If-Match goes before If-None-Match, and both before Range": [
      { sends: { "if-match": '"other"', "if-none-match": "$tag" }, status: 412 },
      { sends: { "if-match": "$tag", "if-none-match": "$tag" }, status: 304 },
      { sends: { "if-none-match": "$tag", range: "bytes=0-1" }, status: 304, body: "" },
      { sends: { "if-none-match": "$tag", range: "bytes=10-" }, status: 304 },
      { sends: { "if-match": "$tag", range: "bytes=0-1" }, status: 206, body: "01" },
    ],
    "15.4.5: a 304 MUST carry Cache-Control, ETag and Vary of the 200, and other metadata only to guide caches": [
      {
        sends: { "if-none-match": "$tag" },
        status: 304,
        answers: { etag: "$tag", "cache-control": /immutable/, "last-modified": modified, "content-type": null },
      },
    ],
  },
  "RFC 9110, 14: range requests": {
    "14.3: Accept-Ranges: a server that supports byte-range requests MAY send it": [
      { status: 200, answers: { "accept-ranges": "bytes" } },
    ],
    "14.1.2: an int-range, from the first byte to the last, both inclusive": [
      { sends: { range: "bytes=0-0" }, status: 206, answers: { "content-range": "bytes 0-0/10" }, body: "0" },
      { sends: { range: "bytes=2-4" }, status: 206, answers: { "content-range": "bytes 2-4/10" }, body: "234" },
      { sends: { range: "BYTES=2-4" }, status: 206, body: "234" },
    ],
    "14.1.2: If the last-pos value is absent, or beyond the end, the range is the remainder": [
      { sends: { range: "bytes=7-" }, status: 206, answers: { "content-range": "bytes 7-9/10" }, body: "789" },
      { sends: { range: "bytes=7-99" }, status: 206, answers: { "content-range": "bytes 7-9/10" }, body: "789" },
      { sends: { range: "bytes=0-" }, status: 206, body: "0123456789" },
    ],
    "14.1.2: A client can request the last N bytes using a suffix-range": [
      { sends: { range: "bytes=-2" }, status: 206, answers: { "content-range": "bytes 8-9/10" }, body: "89" },
      { sends: { range: "bytes=-99" }, status: 206, answers: { "content-range": "bytes 0-9/10" }, body: "0123456789" },
    ],
    "14.2: A server MAY ignore the Range header field; what is invalid or of several parts gets the whole": [
      ...["bytes=0-1,5-6", "bytes=4-2", "lines=1-2", "bytes=a-b", "bytes=-", "bytes", "0-1"].map((range) => ({
        sends: { range },
        status: 200,
        answers: { "content-range": null, "content-length": "10" },
        body: "0123456789",
      })),
    ],
    "14.2: A server MUST ignore a Range header field received with a method other than GET": [
      { method: "HEAD", sends: { range: "bytes=0-1" }, status: 200, answers: { "content-length": "10" }, body: "" },
      { method: "HEAD", sends: { range: "bytes=99-" }, status: 200 },
    ],
    "15.5.17: A server that generates a 416 SHOULD generate a Content-Range with the current length": [
      {
        sends: { range: "bytes=10-" },
        status: 416,
        answers: {
          "content-range": "bytes */10",
          "content-type": "application/problem+json",
          "cache-control": "no-store",
        },
      },
      { sends: { range: "bytes=-0" }, status: 416, answers: { "content-range": "bytes */10" } },
    ],
    "15.3.7: a 206 MUST carry Content-Range, and Cache-Control, ETag and Vary of the 200": [
      {
        sends: { range: "bytes=0-1" },
        status: 206,
        answers: {
          etag: "$tag",
          "cache-control": /immutable/,
          "content-length": "2",
          "content-type": "video/iso.segment",
        },
      },
      {
        target: playlist,
        sends: { range: "bytes=0-6" },
        status: 206,
        answers: { vary: "Accept-Encoding" },
        body: "#EXTM3U",
      },
    ],
    "13.1.5: If-Range: if the validator matches strongly, the Range is processed, otherwise ignored": [
      { sends: { range: "bytes=0-1", "if-range": "$tag" }, status: 206, body: "01" },
      { sends: { range: "bytes=0-1", "if-range": modified }, status: 206, body: "01" },
      { sends: { range: "bytes=0-1", "if-range": "W/$tag" }, status: 200, body: "0123456789" },
      { sends: { range: "bytes=0-1", "if-range": '"other"' }, status: 200, body: "0123456789" },
      { sends: { range: "bytes=0-1", "if-range": after }, status: 200, body: "0123456789" },
      { sends: { range: "bytes=99-", "if-range": '"other"' }, status: 200, body: "0123456789" },
      { sends: { "if-range": '"other"' }, status: 200, body: "0123456789" },
    ],
    "8.8.2.2: a date is no strong validator of what may change twice in its second": [
      { target: playlist, sends: { range: "bytes=0-6", "if-range": modified }, status: 200, body: text },
    ],
    "14.2: ranges are of the selected representation; where one is asked for, that is the text itself": [
      {
        target: playlist,
        sends: { range: "bytes=0-6", "accept-encoding": "br" },
        status: 206,
        answers: { "content-encoding": null, "content-range": `bytes 0-6/${text.length}`, etag: "$tag" },
        body: "#EXTM3U",
      },
      {
        target: playlist,
        sends: { range: "bytes=0-6", "if-range": "$br", "accept-encoding": "br" },
        status: 200,
        body: text,
      },
    ],
  },
  "RFC 9111, 5.2.2: how long it may be kept": {
    "5.2.2.1 and RFC 8246: what never changes under its name, for a year, without asking": [
      { status: 200, answers: { "cache-control": "public, max-age=31536000, immutable" } },
      {
        target: "/stream/film/720p/init-libx264.mp4",
        status: 200,
        answers: { "cache-control": "public, max-age=31536000, immutable" },
      },
    ],
    "5.2.2.2: must-revalidate: once stale it MUST NOT be reused without asking; of a finished video after an hour": [
      { target: playlist, status: 200, answers: { "cache-control": "public, max-age=3600, must-revalidate" } },
      { target: "/stream/film/poster.jpg", status: 200, answers: { "cache-control": /^public, max-age=3600/ } },
    ],
    "the same of a video in the making after a second": [
      {
        target: "/stream/begun/720p/playlist.m3u8",
        status: 200,
        answers: { "cache-control": "public, max-age=1, must-revalidate" },
      },
    ],
    "5.2.2.5: no-store: an error is true for one moment": [
      { target: "/stream/film/none.jpg", status: 404, answers: { "cache-control": "no-store" } },
      { target: "/stream/film/..%2fx", status: 400, answers: { "cache-control": "no-store" } },
    ],
  },
  "RFC 6266 and RFC 8187: a file is saved under its own name": {
    "filename* for whoever knows it, filename for whoever does not": [
      {
        target: "/stream/film/original?download=1",
        status: 200,
        answers: {
          "content-disposition": `attachment; filename="?bung ? 1.mov"; filename*=UTF-8''%C3%9Cbung%20%E2%84%96%201.mov`,
          "content-length": "8",
        },
      },
      { target: "/stream/film/original", status: 200, answers: { "content-disposition": null } },
      {
        target: "/stream/film/original?download=1",
        sends: { range: "bytes=0-3" },
        status: 206,
        answers: { "content-disposition": /^attachment/ },
        body: "orig",
      },
    ],
  },
};

const world = createWorld();
let port = 0;
const known: Record<string, Record<string, string>> = {};

beforeAll(async () => {
  const metadata = createTestMetadata(world);
  const { service, store } = createTestStreaming(world, metadata.client);
  const filename = "Übung № 1.mov";
  await transcript(metadata.service)("POST /videos", { json: { hash: "film", filename } });
  const files: Record<string, string> = {
    "hls/film/720p/segment-00001.m4s": "0123456789",
    "hls/film/720p/init-libx264.mp4": "init",
    "hls/film/720p/playlist.m3u8": text,
    "hls/film/poster.jpg": "jpeg",
    "hls/film/manifest.mpd": "<MPD/>",
    "hls/film/subtitles/1-en/subtitles.vtt": "WEBVTT\n",
    "hls/film/finished.json": "{}",
    "hls/begun/720p/playlist.m3u8": text,
    [`originals/film/${filename}`]: "original",
  };
  for (const [key, content] of Object.entries(files)) {
    await store.put(key, content);
    await utimes(store.locate(key), new Date(modified), new Date(modified));
  }
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => service.fetch(request) });
  world.defer(() => server.stop(true));
  port = server.port ?? 0;
  for (const target of [segment, playlist]) {
    const tagOf = async (headers: Record<string, string>) =>
      (await rawExchange(port, `GET ${target}`, headers)).headers.get("etag") ?? "";
    known[target] = { $tag: await tagOf({}), $br: await tagOf({ "accept-encoding": "br" }) };
  }
});

afterAll(() => world[Symbol.asyncDispose]());

for (const [chapter, sentences] of Object.entries(rules)) {
  describe(chapter, () => {
    for (const [sentence, lines] of Object.entries(sentences)) {
      test(sentence, async () => {
        for (const line of lines) {
          const { target = segment } = line;
          await keeps(line, target);
          // The same name in another spelling is beyond the short way.
          await keeps(line, target.replace(/\.(?=\w+$)/, "%2E"));
        }
      });
    }
  });
}

async function keeps(
  { method = "GET", sends = {}, status, answers = {}, body, target: from = segment }: Line,
  target: string,
) {
  const tags = known[from] ?? {};
  const filled = (value: string) => value.replace(/\$(?:tag|br)/g, (name) => tags[name] ?? "");
  const asked = Object.fromEntries(Object.entries(sends).map(([name, value]) => [name, filled(value)]));
  const reply = await rawExchange(port, `${method} ${target}`, asked);
  const line = `${method} ${target} ${JSON.stringify(asked)}`;
  expect(`${line} -> ${reply.status}`).toBe(`${line} -> ${status}`);
  for (const [name, expected] of Object.entries(answers)) {
    const value = reply.headers.get(name);
    if (expected instanceof RegExp) expect(`${line} -> ${name}: ${value}`).toMatch(withPrefix(expected, `${name}: `));
    else
      expect(`${line} -> ${name}: ${value}`).toBe(`${line} -> ${name}: ${expected === null ? null : filled(expected)}`);
  }
  if (body !== undefined) expect(reply.body.toString()).toBe(body);
  expect(reply.headers.get("x-request-id")).toBeString();
  expect(reply.headers.get("access-control-allow-origin")).toBe("*");
  expect(reply.headers.get("timing-allow-origin")).toBe("*");
}

/** The pattern is of the value; the line is before it, for whoever reads the failure. */
const withPrefix = ({ source }: RegExp, prefix: string): RegExp =>
  new RegExp(`-> ${prefix}${source.startsWith("^") ? source.slice(1) : `.*${source}`}`);
