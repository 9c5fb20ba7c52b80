/**
 * The two proxy files of `docker/` as they are, in the real servers, but for ports, certificates and folders: one address by
 * TLS and HTTP/2 in front of all five services.
 */
import { describe, expect, test } from "bun:test";
import { mkdir, readdir, readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { createWorld, freePort, makeClip, until, type World } from "@video-backend/testing";
import { type System, startSystem } from "./system.ts";

const path = { PATH: `${process.env.PATH}:/usr/sbin` };
const host = "video.example";
const docker = join(import.meta.dirname, "..", "..", "docker");

interface Proxy {
  /** `https://video.example:PORT` */
  origin: string;
  httpPort: number;
  pids: () => number[];
}

interface Ports {
  https: number;
  http: number;
}

/** Starts one of the servers with the file of `docker/`, changed as its head says and for this machine. */
type StartProxy = (world: World, system: System, ports: Ports) => Promise<() => number[]>;

const startNginx: StartProxy = async (world, { url }, ports) => {
  const folder = world.path("nginx");
  await mkdir(folder);
  const { cert, key } = await makeCertificate(folder);
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const changes: [from: string | RegExp, to: string][] = [
    ["worker_processes auto;", `worker_processes 1; daemon off; ${process.getuid?.() === 0 ? "user root;" : ""}`],
    ["/run/nginx.pid", `${folder}/pid`],
    [
      "http {",
      `http { error_log ${folder}/error.log; ${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ")}`,
    ],
    ["server 127.0.0.1:8005;", `server ${new URL(url.admin).host};`],
    // A second machine for streams, which is down.
    ["server 127.0.0.1:8004;", `server 127.0.0.1:${freePort()}; server ${new URL(url.streaming).host};`],
    ["/var/cache/nginx/segments", `${folder}/segments`],
    ["/var/log/nginx/video-backend.log", `${folder}/access.log`],
    ["/etc/ssl/video-backend/fullchain.pem", cert],
    ["/etc/ssl/video-backend/privkey.pem", key],
    [/listen \[::\].*\n/g, ""],
    ["listen 443 ", `listen 127.0.0.1:${ports.https} `],
    ["listen 80;", `listen 127.0.0.1:${ports.http};`],
  ];
  const file = await changed("nginx.conf", changes, folder);
  const child = startServer(world, ["nginx", "-e", `${folder}/error.log`, "-p", folder, "-c", file]);
  return () => [child.pid, ...childrenOf(child.pid)];
};

const startCaddy: StartProxy = async (world, { url }, ports) => {
  const folder = world.path("caddy");
  await mkdir(folder);
  const { cert, key } = await makeCertificate(folder);
  const globals = `{\n admin off\n http_port ${ports.http}\n https_port ${ports.https}\n skip_install_trust\n}\n`;
  const file = await changed(
    "Caddyfile",
    [["\n{$SITE:video.example} {", `\n${globals}{$SITE} {\n tls ${cert} ${key}`]],
    folder,
  );
  const child = startServer(world, ["caddy", "run", "--config", file, "--adapter", "caddyfile"], {
    SITE: host,
    ADMIN: new URL(url.admin).host,
    STREAMING: `127.0.0.1:${freePort()} ${new URL(url.streaming).host}`,
  });
  return () => [child.pid];
};

/** A copy of the file of `docker/`; each change has to find its place. */
async function changed(name: string, changes: [from: string | RegExp, to: string][], folder: string): Promise<string> {
  let text = await readFile(join(docker, name), "utf8");
  for (const [from, to] of changes) {
    const next = text.replaceAll(from, to);
    if (next === text) throw new Error(`${name} has no ${from}`);
    text = next;
  }
  await Bun.write(`${folder}/${name}`, text);
  return `${folder}/${name}`;
}

async function makeCertificate(folder: string) {
  const [cert, key] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
  const args = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "1",
    "-keyout",
    key,
    "-out",
    cert,
    ...subject,
  ];
  const made = Bun.spawnSync(["openssl", ...args], { stderr: "pipe" });
  if (made.exitCode !== 0) throw new Error(made.stderr.toString());
  return { cert, key };
}

function startServer(world: World, [program = "", ...args]: string[], environment: Record<string, string> = {}) {
  const home = world.path("home");
  const child = Bun.spawn([Bun.which(program, path) ?? program, ...args], {
    env: {
      ...process.env,
      ...environment,
      HOME: home,
      XDG_DATA_HOME: `${home}/data`,
      XDG_CONFIG_HOME: `${home}/config`,
    },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  world.defer(async () => {
    child.kill();
    await child.exited;
  });
  return child;
}

const childrenOf = (pid: number): number[] =>
  Bun.spawnSync(["ps", "-o", "pid=", "--ppid", String(pid)])
    .stdout.toString()
    .split("\n")
    .map(Number)
    .filter((child) => child > 0);

/** The most memory that a process has had since it started. */
async function peakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

interface Answer {
  status: number;
  headers: Headers;
  /** Not of what went to a file. */
  text: string;
  httpVersion: string;
}

/** curl, which knows HTTP/2 and takes the host for this machine. */
async function curl(
  { origin, httpPort }: Pick<Proxy, "origin" | "httpPort">,
  target: string,
  ...args: string[]
): Promise<Answer> {
  const url = target.startsWith("http") ? target : origin + target;
  const resolve = [new URL(origin).port, httpPort].flatMap((port) => ["--resolve", `${host}:${port}:127.0.0.1`]);
  const write = "\n%{stderr}%{http_code} %{http_version}";
  const child = Bun.spawn(["curl", "-sk", "--http2", "-i", "--max-time", "60", ...resolve, "-w", write, ...args, url], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, facts] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const [status = "0", httpVersion = ""] = facts.trim().split(" ");
  // Interim answers (100 Continue) come before the one that counts.
  const parts = out.split("\r\n\r\n");
  const last = parts.findLastIndex((part) => part.startsWith("HTTP/"));
  const fields = (parts[last] ?? "").split("\r\n").slice(1);
  const headers = new Headers(
    fields.map((field): [string, string] => [field.slice(0, field.indexOf(":")), field.slice(field.indexOf(":") + 1)]),
  );
  const text = parts.slice(last + 1).join("\r\n\r\n");
  return { status: Number(status), headers, text: text.slice(0, -1), httpVersion };
}

describe.each([
  { program: "nginx", start: startNginx, isPublicUrlSet: true },
  { program: "caddy", start: startCaddy, isPublicUrlSet: false },
])("behind $program", ({ program, start, isPublicUrlSet }) => {
  const isThere = Bun.which(program, path) !== null;
  test.skipIf(!isThere)(
    `one address by TLS and HTTP/2: uploads and event streams pass as they come${isThere ? "" : " (skipped: needs apt-get install nginx-light caddy)"}`,
    async () => {
      await using world = createWorld();
      const ports = { https: freePort(), http: freePort() };
      const origin = `https://${host}:${ports.https}`;
      await using system = await startSystem(isPublicUrlSet ? { PUBLIC_URL: origin } : { ALLOWED_HOSTS: host });
      const pids = await start(world, system, ports);
      const proxy: Proxy = { origin, httpPort: ports.http, pids };
      const ask = (target: string, ...args: string[]) => curl(proxy, target, ...args);
      const json = async <T>(target: string, ...args: string[]) => JSON.parse((await ask(target, ...args)).text) as T;
      const sends = (method: string, body: unknown) => [
        ...["-X", method, "-H", "content-type: application/json", "-d", JSON.stringify(body)],
      ];
      await until("the proxy answers", async () => (await ask("/health")).status === 200);

      const redirected = await ask(`http://${host}:${ports.http}/videos?a=1`);
      expect([redirected.status, redirected.headers.get("location")]).toEqual([308, `https://${host}/videos?a=1`]);
      expect(await ask("/videos")).toMatchObject({ status: 200, httpVersion: "2", text: "[]" });
      expect((await ask("/studio/system")).headers.get("content-type")).toContain("text/html");

      // An event stream tells at once.
      const feed = Bun.spawn(
        [
          "curl",
          "-skN",
          "--resolve",
          `${host}:${ports.https}:127.0.0.1`,
          "-H",
          "Last-Event-ID: 0",
          `${origin}/videos/events`,
        ],
        { stdout: "pipe" },
      );
      world.defer(() => feed.kill());
      let told = "";
      void (async () => {
        for await (const part of feed.stdout) told += new TextDecoder().decode(part);
      })();

      const clip = await makeClip(world.path("clip.mp4"), { seconds: 6, width: 320, height: 180 });
      const id = await uploadByForm(ask, clip);
      await until("the feed tells", () => told.includes(id));
      await until(
        "it is whole",
        async () => (await json<{ overall: string }>(`/transcode/${id}/status`)).overall === "ok",
        120,
      );

      const first = await ask(`/stream/${id}/original`, "-r", "0-99", "-o", world.path("range"));
      expect([first.status, Bun.file(world.path("range")).size > 100]).toEqual([206, true]);
      const segment = `/stream/${id}/360p/segment-00000.m4s`;
      const plays = await Promise.all(Array.from({ length: 20 }, () => ask(segment, "-r", "0-9", "-o", "/dev/null")));
      expect(new Set(plays.map(({ status }) => status))).toEqual(new Set([206]));
      if (program === "nginx") expect((await ask(segment, "-o", world.path("s"))).status).toBe(200);

      // A segment that cannot be made now is asked for again by the next viewer.
      const lost = "360p/segment-00001.m4s";
      await system.kill("transcoding");
      await rm(join(system.storage, "hls", id, lost));
      expect((await ask(`/stream/${id}/${lost}`, "-o", "/dev/null")).status).toBe(503);
      await system.start("transcoding");
      await until(
        "it is made again",
        async () => (await ask(`/stream/${id}/${lost}`, "-o", "/dev/null")).status === 200,
      );

      // tus: half of it, where it stopped, the rest.
      const bytes = new Uint8Array(await Bun.file(clip).arrayBuffer());
      const half = Math.floor(bytes.length / 2);
      await Bun.write(world.path("a"), bytes.slice(0, half));
      await Bun.write(world.path("b"), bytes.slice(half));
      const tus = (...fields: string[]) => ["Tus-Resumable: 1.0.0", ...fields].flatMap((field) => ["-H", field]);
      const name = Buffer.from("clip.mp4").toString("base64");
      const created = await ask(
        "/files",
        ...["-X", "POST", ...tus(`Upload-Length: ${bytes.length}`, `Upload-Metadata: filename ${name}`)],
      );
      const upload = new URL(created.headers.get("location") ?? "", `${origin}/files`).href;
      expect([created.status, upload.startsWith(`${origin}/files/`)]).toEqual([201, true]);
      const patch = (offset: number, file: string) =>
        ask(
          upload,
          ...["-X", "PATCH", "--data-binary", `@${world.path(file)}`],
          ...tus(`Upload-Offset: ${offset}`, "Content-Type: application/offset+octet-stream"),
        );
      expect((await patch(0, "a")).status).toBe(204);
      expect((await ask(upload, "-I", ...tus())).headers.get("upload-offset")).toBe(String(half));
      expect((await patch(half, "b")).status).toBe(204);

      // Links lead to the proxy's address.
      const page = `${origin}/watch/${id}`;
      const oembed = await json<{ provider_url: string; thumbnail_url: string }>(
        `/oembed?url=${encodeURIComponent(page)}&format=json`,
      );
      expect(oembed.provider_url).toBe(origin);
      expect(oembed.thumbnail_url).toBe(`${origin}/stream/${id}/poster.jpg`);
      expect((await ask(`/watch/${id}`)).text).toContain(`content="${origin}/watch/${id}?embed=1"`);

      await ask(`/videos/${id}`, ...sends("PUT", { visibility: "private" }));
      await until("it is private", async () => (await ask(`/stream/${id}/master.m3u8`)).status === 403);
      const { paths } = await json<{ paths: { master: string } }>(`/videos/${id}/playback-token`, "-X", "POST");
      expect((await ask(paths.master)).status).toBe(200);
      const privateSegment = paths.master.replace("master.m3u8", "360p/segment-00000.m4s");
      expect((await ask(privateSegment, "-o", "/dev/null")).status).toBe(200);
      expect((await ask(privateSegment.replace("/play/", "/play/x"), "-o", "/dev/null")).status).toBe(403);
      if (program === "nginx") {
        const log = await readFile(world.path("nginx/access.log"), "utf8");
        expect([log.includes(`/play/-/${id}/`), log.includes(paths.master)]).toEqual([true, false]);
      }

      // A gigabyte passes through all of them and stays in none.
      const large = world.path("large.mp4");
      await Bun.write(large, "");
      await truncate(large, 1024 ** 3);
      const { upload_id } = await json<{ upload_id: string }>(
        "/upload/init",
        "-F",
        "filename=large.mp4",
        "-F",
        "total_chunks=2",
      );
      const sent = await ask("/upload/chunk", "-F", `upload_id=${upload_id}`, "-F", "index=0", "-F", `file=@${large}`);
      expect([sent.status, sent.text]).toEqual([200, '{"status":"ok","index":0}']);
      const peaks = [...pids(), system.process("admin")?.pid ?? 0, system.process("upload")?.pid ?? 0].map(peakBytes);
      expect(Math.max(...(await Promise.all(peaks)))).toBeLessThan(400 * 1024 ** 2);
      if (program === "nginx") expect(await readdir(world.path("nginx/client_body"))).toEqual([]);
    },
    240_000,
  );
});

async function uploadByForm(
  ask: (target: string, ...args: string[]) => Promise<Answer>,
  file: string,
): Promise<string> {
  const { upload_id } = JSON.parse((await ask("/upload/init", "-F", "filename=clip.mp4", "-F", "total_chunks=1")).text);
  await ask("/upload/chunk", "-F", `upload_id=${upload_id}`, "-F", "index=0", "-F", `file=@${file}`);
  const { hash } = JSON.parse((await ask("/upload/complete", "-F", `upload_id=${upload_id}`)).text);
  return hash;
}
