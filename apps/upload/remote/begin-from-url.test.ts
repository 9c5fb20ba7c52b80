import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { parseAllowedTargets } from "@video-backend/remote";
import { uploads } from "../database/schema.ts";
import { setup } from "../test-setup.ts";
import { type Said, serveFile } from "./test-file-server.ts";

const file: Said = { headers: { "content-length": 5, "content-type": "video/mp4" }, body: "films" };

type Upload = ReturnType<typeof setup>;
const post = (upload: Upload, json: Record<string, unknown>) => upload.send("POST /upload/from-url", { json });
const found = async (upload: Upload, id: string) => (await upload.send(`GET /upload/${id}`)).body;

test("the upload exists at once, with name and size of the file, and without the query of the URL", async () => {
  await using upload = setup();
  const { url, asked } = await serveFile(upload.world, () => file);
  const { status, body } = await post(upload, { url: url("/a/film.mp4?signature=secret#t=3"), title: "A film" });
  expect(status).toBe(200);
  expect(Object.keys(body)).toEqual(["upload_id"]);
  expect(await found(upload, body.upload_id)).toMatchObject({
    filename: "film.mp4",
    title: "A film",
    file_size: 5,
    bytes_received: 0,
    state: "receiving",
    fetch: "fetching",
    source_url: url("/a/film.mp4"),
    error: null,
  });
  expect(asked.map(({ path }) => path)).toEqual(["/a/film.mp4?signature=secret"]);
});

test.each(["form", "urlencoded"])("accepts a %s, too", async (kind) => {
  await using upload = setup();
  const { url } = await serveFile(upload.world, () => file);
  const fields = { url: url(), filename: "mine.mov", title: "" };
  const parts = kind === "form" ? { form: fields } : { body: new URLSearchParams(fields) };
  const { body } = await upload.send("POST /upload/from-url", parts);
  expect(await found(upload, body.upload_id)).toMatchObject({ filename: "mine.mov", title: null });
});

test.each<[path: string, headers: Record<string, string>, filename: string]>([
  ["/a/holiday.mkv", {}, "holiday.mkv"],
  ["/a/Ferien%20in%20Z%C3%BCrich.mp4?x=y.webm", {}, "Ferien in Zürich.mp4"],
  ["/download?id=7", { "content-disposition": 'attachment; filename="named.mov"' }, "named.mov"],
  ["/a.mp4", { "content-disposition": "attachment; filename*=UTF-8''%E6%97%A5%E6%9C%AC.mp4" }, "日本.mp4"],
  ["/a.mp4", { "content-disposition": 'attachment; filename="日本.mp4"' }, "日本.mp4"],
  ["/a.mp4", { "content-disposition": 'attachment; filename="../../etc/passwd.mp4"' }, "passwd.mp4"],
  ["/a.mp4", { "content-disposition": 'attachment; filename="..\\\\..\\\\b.mp4"' }, "b.mp4"],
  ["/a.mp4", { "content-disposition": 'attachment; filename="page.php"' }, "a.mp4"],
  ["/a.mp4", { "content-disposition": ";;;=" }, "a.mp4"],
  ["/%2e%2e%2fa.mp4", { "content-type": "video/webm" }, "video.webm"],
  ["/%00.mp4", { "content-type": "video/webm; codecs=vp9" }, "video.webm"],
  ["/download?id=7", { "content-type": "video/quicktime" }, "video.mov"],
  ["/", { "content-type": "audio/mpeg" }, "audio.mp3"],
  ["/%ff.mp4", {}, "%ff.mp4"],
])("a file at %s, with %j, is called %s", async (path, headers, filename) => {
  await using upload = setup();
  const { url } = await serveFile(upload.world, () => ({
    headers: { "content-length": 5, ...headers },
    body: "films",
  }));
  const { body } = await post(upload, { url: url(path) });
  expect(await found(upload, body.upload_id)).toMatchObject({ filename });
});

test("behind a redirect the name is that of the first URL, if it has one", async () => {
  await using upload = setup();
  const { url } = await serveFile(upload.world, ({ path }) =>
    path === "/stored/77.mkv" ? file : { status: 302, headers: { location: "/stored/77.mkv" } },
  );
  const named = async (path: string) => (await post(upload, { url: url(path) })).body.upload_id;
  expect(await found(upload, await named("/film.mp4"))).toMatchObject({ filename: "film.mp4" });
  expect(await found(upload, await named("/latest"))).toMatchObject({ filename: "77.mkv" });
});

describe("refused at once, without an upload:", () => {
  const length = { "content-length": 5 };
  test.each<[what: string, said: Said, status: number, detail: string]>([
    ["nothing there", { status: 404, headers: length }, 422, "answered 404 Not Found"],
    ["closed", { status: 403, headers: length }, 422, "answered 403 Forbidden"],
    ["a fault", { status: 500, headers: length }, 502, "answered 500 Internal Server Error"],
    ["overloaded", { status: 429, headers: length }, 502, "answered 429"],
    ["no content", { status: 204 }, 422, "answered 204"],
    [
      "a page",
      { headers: { ...length, "content-type": "Text/HTML; charset=utf-8" }, body: "<html" },
      422,
      "a page, not",
    ],
    ["encoded", { headers: { ...length, "content-encoding": "gzip" }, body: "films" }, 422, "encoded (gzip)"],
    ["without end", { body: "films" }, 422, "neither the length nor the end"],
    ["not HTTP", { headers: { "content-length": "many" } }, 502, "gave no answer of HTTP"],
    ["a part", { status: 206, headers: length, body: "films" }, 502, "does not say which"],
    ["too large", { headers: { "content-length": 2 ** 50 } }, 413, "A file may have"],
    [
      "a redirect to a private address",
      { status: 302, headers: { location: "http://10.0.0.1/" } },
      403,
      "10.0.0.1 is not on",
    ],
    ["a redirect to a file", { status: 302, headers: { location: "file:///etc/passwd" } }, 422, "got file"],
    ["a redirect without end", { status: 302, headers: { location: "/" } }, 422, "more than 5 redirects"],
  ])("%s", async (_, said, status, detail) => {
    await using upload = setup();
    const { url } = await serveFile(upload.world, () => said);
    const reply = await post(upload, { url: url() });
    expect(reply).toMatchObject({ status, body: { detail: expect.stringContaining(detail) } });
    expect(upload.deps.database.select().from(uploads).all()).toEqual([]);
    expect(upload.deps.sources.uploadIds()).toEqual([]);
    expect(readdirSync(upload.world.directory)).not.toContain("originals");
  });

  test.each([
    [{ url: "http://10.0.0.1/film.mp4" }, 403],
    [{ url: "http://[::ffff:10.0.0.1]/film.mp4" }, 403],
    [{ url: "http://2130706434/film.mp4" }, 403],
    [{ url: "ftp://127.0.0.1/film.mp4" }, 422],
    [{ url: "http://me:secret@127.0.0.1/film.mp4" }, 422],
    [{ url: "film.mp4" }, 422],
    [{ url: "" }, 422],
    [{ filename: "film.mp4" }, 422],
    [{ url: "http://127.0.0.1:1/film.mp4" }, 502],
    [{ url: "http://127.0.0.1:1/film.mp4", filename: "film.exe" }, 400],
    [{ url: "http://127.0.0.1:1/film.mp4", filename: "../film.mp4" }, 400],
  ])("%j", async (json, status) => {
    await using upload = setup();
    const reply = await post(upload, json);
    expect(reply.status).toBe(status);
    expect(JSON.stringify(reply.body)).not.toContain("secret");
  });

  test("a file with neither the name nor the type of a video", async () => {
    await using upload = setup();
    const { url } = await serveFile(upload.world, () => ({ headers: { "content-length": 5 }, body: "films" }));
    const reply = await post(upload, { url: url("/film.exe") });
    expect(reply).toMatchObject({ status: 400, body: { detail: "Unsupported file type" } });
    expect(reply.body.accepted).toContain("mp4");
  });

  test("a file that there is no room for", async () => {
    await using upload = setup(() => ({ disk: { freeBytes: async () => 1000, totalBytes: async () => 2 ** 40 } }));
    const { url } = await serveFile(upload.world, () => file);
    expect((await post(upload, { url: url() })).status).toBe(507);
  });

  test("every URL, if fetching is switched off", async () => {
    await using upload = setup(() => ({ remote: null }));
    const { url, asked } = await serveFile(upload.world, () => file);
    expect(await post(upload, { url: url() })).toMatchObject({
      status: 403,
      body: { detail: "Uploads from an address are switched off (UPLOAD_FROM_URL)" },
    });
    expect(asked).toEqual([]);
  });
});

test("this machine is refused unless it is allowed, and is not even connected to", async () => {
  await using upload = setup();
  const { remote } = upload.deps;
  const { url, asked } = await serveFile(upload.world, () => file);
  if (remote) remote.allowed = parseAllowedTargets("");
  expect((await post(upload, { url: url() })).status).toBe(403);
  expect(asked).toEqual([]);
});
