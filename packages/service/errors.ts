/**
 * The errors of all services. A `ServiceError` does not depend on HTTP: the table below gives each code its status and title,
 * and `problem.ts` makes the response. The client at the other end of a call rebuilds the same error, so a code survives any
 * number of hops.
 */

/** Every stable code, with its HTTP status and its title, which is the usual one of HTTP references where there is one. */
export const errorCodes = {
  invalid_request: { status: 422, title: "Invalid request" },
  digest_mismatch: { status: 422, title: "Digest mismatch" },
  malformed_request: { status: 400, title: "Malformed request" },
  invalid_path: { status: 400, title: "Invalid path" },
  unsupported_file_type: { status: 400, title: "Unsupported file type" },
  missing_chunks: { status: 400, title: "Missing chunks" },
  unauthorized: { status: 401, title: "Unauthorized" },
  forbidden: { status: 403, title: "Forbidden" },
  not_found: { status: 404, title: "Not found" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  too_slow: { status: 408, title: "Request timeout" },
  conflict: { status: 409, title: "Conflict" },
  precondition_failed: { status: 412, title: "Precondition failed" },
  range_not_satisfiable: { status: 416, title: "Range not satisfiable" },
  too_large: { status: 413, title: "Content too large" },
  too_many: { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Internal server error" },
  not_implemented: { status: 501, title: "Not implemented" },
  source_unreachable: { status: 502, title: "Bad gateway" },
  unavailable: { status: 503, title: "Service unavailable" },
  storage_full: { status: 507, title: "Insufficient storage" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof errorCodes;

/**
 * An error that is meant to be told: a stable code, a sentence for people, and optional facts beside it.
 *
 * @example throw new ServiceError("not_found", "Video not found", { details: { hash } });
 */
export class ServiceError extends Error {
  readonly code: ErrorCode;
  /** Facts that travel in the answer as members of their own, such as `missing` or `accepted`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, sentence: string, options: { details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ServiceError";
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** True for an error with this code, whether thrown here or rebuilt from another service's answer. */
export function isServiceError(error: unknown, code?: ErrorCode): error is ServiceError {
  return error instanceof ServiceError && (code === undefined || error.code === code);
}

/** The sentence of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
