import { expect, test } from "bun:test";
import { type ErrorCode, errorCodes, ServiceError } from "./errors.ts";
import { errorFromProblem, problemResponse } from "./problem.ts";

test.each(Object.keys(errorCodes) as ErrorCode[])("%s is the same error at the other end", async (code) => {
  const response = problemResponse(new ServiceError(code, "A sentence", { details: { missing: [1, 2] } }), "id-1");
  expect(response.status).toBe(errorCodes[code].status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("x-request-id")).toBe("id-1");
  const body = await response.json();
  expect(body).toMatchObject({ status: response.status, detail: "A sentence", request_id: "id-1", missing: [1, 2] });
  const rebuilt = errorFromProblem(body);
  expect(rebuilt).toBeInstanceOf(ServiceError);
  expect(rebuilt).toMatchObject({ code, message: "A sentence", details: { missing: [1, 2] } });
});

test("only what is away is worth another try, and says when", () => {
  const retryAfter = (code: ErrorCode) =>
    problemResponse(new ServiceError(code, "A sentence"), "id").headers.get("retry-after");
  expect(retryAfter("unavailable")).toBe("1");
  expect(retryAfter("internal")).toBeNull();
});

test("says in how many seconds, where that is known, also at the other end of a call", async () => {
  const known = new ServiceError("unavailable", "A sentence", { details: { retry_after: 40.2 } });
  const response = problemResponse(known, "id");
  expect(response.headers.get("retry-after")).toBe("41");
  const rebuilt = errorFromProblem(await response.json());
  expect(rebuilt && problemResponse(rebuilt, "id").headers.get("retry-after")).toBe("41");
});

const ours = { title: "T", status: 404, detail: "D", request_id: "id" };
test.each([
  null,
  "text",
  { detail: "FastAPI's own" },
  { ...ours, type: "about:blank" },
  { ...ours, type: "urn:video-backend:problem:toString" },
  { ...ours, type: "urn:video-backend:problem:never_heard_of" },
  { ...ours, type: "urn:video-backend:problem:not_found", detail: 5 },
])("what is no problem of ours is not taken for one: %j", (body) => {
  expect(errorFromProblem(body)).toBeNull();
});
