/** The five OpenAPI documents: that admin's is merged from the others', and that contracts are data. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { dirname, join } from "node:path";
import { createTestAdmin } from "@video-backend/admin/testing";
import { createWorld } from "@video-backend/testing";
import { createTestTranscoding } from "@video-backend/transcoding/testing";
import { type ServiceName, serviceNames } from "./system.ts";

type Content = Record<string, { schema: { format?: string }; example?: unknown }>;

interface Operation {
  operationId: string;
  tags: string[];
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; example?: unknown; schema: { example?: unknown } }[];
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
}

interface Document {
  webhooks?: Record<string, { post: { requestBody: { content: { "application/json": { schema: object } } } } }>;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

const world = createWorld();
let documents: Record<ServiceName, Document>;

beforeAll(async () => {
  const admin = createTestAdmin(world);
  const transcoding = await createTestTranscoding(world);
  const read = async (fetch: (request: Request) => Response | Promise<Response>, url = "http://service.test") =>
    (await fetch(new Request(`${url}/openapi.json`))).json() as Promise<Document>;
  const { upload, metadata, streaming } = admin.services;
  documents = {
    admin: await read(admin.service.fetch),
    upload: await read(upload.fetch, upload.url),
    metadata: await read(metadata.fetch, metadata.url),
    streaming: await read(streaming.fetch, streaming.url),
    transcoding: await read(transcoding.service.fetch),
  };
}, 30_000);
afterAll(() => world[Symbol.asyncDispose]());

const operationsOf = ({ paths }: Document): Operation[] => Object.values(paths).flatMap((path) => Object.values(path));

describe("admin's document", () => {
  test("has the other services' operations as they declare them, under the tag of the service", () => {
    let mounted = 0;
    for (const name of ["upload", "metadata", "streaming", "transcoding"] as const) {
      const tag = name[0]?.toUpperCase() + name.slice(1);
      const declared = new Map(operationsOf(documents[name]).map((operation) => [operation.operationId, operation]));
      // What admin answers itself has other answers; all else of this tag is the service's own.
      const differing = ["listVideos", "updateVideo", "deleteVideo", "stopVideo", "resumeVideo", "playVideo"];
      const merged = ["startTranscode", "getTranscodeStatus", "getVideoFile", "listTranscodedQualities"];
      for (const operation of operationsOf(documents.admin)) {
        if (!operation.tags.includes(tag) || [...differing, ...merged].includes(operation.operationId)) continue;
        const { tags: _, responses, ...rest } = operation;
        const { tags: __, responses: theirs, ...own } = declared.get(operation.operationId) as Operation;
        expect(rest).toEqual(own as typeof rest);
        expect(responses).toMatchObject(theirs);
        mounted++;
      }
    }
    expect(mounted).toBeGreaterThan(30);
  });

  test("groups its operations by service, and by nothing else", () => {
    const tags = new Set(operationsOf(documents.admin).flatMap((operation) => operation.tags));
    expect([...tags].sort()).toEqual(["Admin", "Metadata", "Service", "Streaming", "Transcoding", "Upload"]);
  });
});

test("each event of webhooks has a schema of its own, in metadata's document and in admin's", () => {
  const schemas = {
    "video.created": "VideoCreatedEvent",
    "video.playable": "VideoPlayableEvent",
    "video.completed": "VideoCompletedEvent",
    "video.failed": "VideoFailedEvent",
    "video.deleted": "VideoDeletedEvent",
    "upload.expired": "UploadExpiredEvent",
  };
  for (const { webhooks = {}, components } of [documents.metadata, documents.admin]) {
    const bodies = Object.entries(webhooks).map(([type, { post }]) => [type, post.requestBody.content]);
    const expected = Object.entries(schemas).map(([type, name]) => {
      expect(components.schemas[name]).toMatchObject({ properties: { type: { enum: [type] } } });
      return [type, { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } }];
    });
    expect(bodies).toMatchObject(expected);
  }
});

test("a schema of one name is the same in all documents", () => {
  const seen = new Map<string, object>();
  for (const name of serviceNames) {
    for (const [schema, content] of Object.entries(documents[name].components.schemas)) {
      expect({ schema, content: seen.get(schema) ?? content }).toEqual({ schema, content });
      seen.set(schema, content);
    }
  }
  expect(seen.size).toBeGreaterThan(30);
});

const verbs =
  /^(Append|Check|Clean|Complete|Create|Delete|Get|Inspect|List|Measure|Redirect|Register|Repair|Request|Resend|Restore|Resume|Save|Start|Stop|Terminate|Update|Upload|Watch) /;

/** What a document lacks for somebody who reads it for the first time, a line each. */
function gapsIn({ paths }: Document): string[] {
  const gaps: string[] = [];
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const { summary = "", description = "", parameters = [], requestBody, responses } = operation;
      const gap = (sentence: string) => gaps.push(`${method} ${path}: ${sentence}`);
      if (!verbs.test(summary)) gap(`the summary does not begin with a verb: ${summary}`);
      if (summary.length > 50 || /[.,:;?]/.test(summary)) gap(`the summary is not short: ${summary}`);
      if (!/^[A-Z].*\.$/s.test(description)) gap(`the description is no sentence: ${description}`);
      for (const parameter of parameters.filter((parameter) => parameter.in === "path")) {
        if ((parameter.example ?? parameter.schema.example) === undefined) gap(`${parameter.name} has no example`);
      }
      const succeeded = Object.entries(responses).filter(([status]) => status.startsWith("2"));
      for (const { content = {} } of [
        ...(requestBody ? [requestBody] : []),
        ...succeeded.map(([, answer]) => answer),
      ]) {
        for (const [type, { schema, example }] of Object.entries(content)) {
          const isText = schema.format !== "binary" && !type.startsWith("multipart/") && !type.includes("octet-stream");
          if (isText && example === undefined) gap(`${type} has no example`);
        }
      }
      if (succeeded.length === 0 && !responses["307"]) gap("no success is declared");
      const errors = Object.keys(responses).filter((status) => status >= "400");
      if (!errors.includes("500")) gap("500 is not declared");
      if (path.includes("{") && !path.startsWith("/files/") && !errors.includes("400")) gap("400 is not declared");
      if (requestBody && !errors.includes("422") && !errors.includes("400")) gap("422 is not declared");
      for (const status of errors) {
        const types = Object.keys(responses[status]?.content ?? {});
        const isProblem = types.includes("application/problem+json") || ["/health", "/health/ready"].includes(path);
        if (!isProblem) gap(`${status} is no problem+json`);
      }
    }
  }
  return gaps;
}

test("every operation has an imperative summary, a description, examples, and its errors", () => {
  for (const name of serviceNames) expect({ name, gaps: gapsIn(documents[name]) }).toEqual({ name, gaps: [] });
});

/** All modules that a module leads to, followed through this repository; of packages from elsewhere their names. */
async function modulesFrom(entry: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(entry)) return found;
  found.add(entry);
  const scanned = new Bun.Transpiler({ loader: "ts" }).scanImports(await Bun.file(entry).text());
  for (const { path } of scanned) {
    const resolved = Bun.resolveSync(path, dirname(entry));
    if (path.startsWith(".") || path.startsWith("@video-backend/")) await modulesFrom(resolved, found);
    else found.add(path);
  }
  return found;
}

test("a contract leads to no module that does input or output", async () => {
  const allowed = [
    "zod",
    "@hono/zod-openapi",
    "nanoid",
    "hono/etag",
    "hono/body-limit",
    "drizzle-orm",
    "drizzle-orm/sqlite-core",
  ];
  for (const name of serviceNames) {
    const modules = await modulesFrom(join(import.meta.dirname, "..", "..", "apps", name, "contract.ts"));
    const others = [...modules].filter((module) => !module.startsWith("/"));
    expect([name, others.filter((module) => !allowed.includes(module))]).toEqual([name, []]);
    expect([name, [...modules].filter((module) => /\/(service|main|routes|client)\.ts$/.test(module))]).toEqual([
      name,
      [],
    ]);
  }
});
