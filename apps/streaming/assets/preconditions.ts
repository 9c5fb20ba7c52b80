/**
 * The conditions a request may put on its answer, RFC 9110 section 13, as one pure function. A reader would get two things
 * wrong: entity tags come in lists and are compared in two ways, and a date counts only where no tag was sent.
 */

/** What a file is compared by. */
export interface Validators {
  /** Strong, with its quotes. */
  etag: string;
  modifiedAt: Date;
}

/** `proceed`: as if nothing had been asked; `not_modified`: 304; `failed`: 412. */
export type Outcome = "proceed" | "not_modified" | "failed";

/** A request, as far as conditions, ranges and codings go. */
export interface Asked {
  method: string;
  /** Null or undefined for a field that was not sent. */
  header(name: string): string | null | undefined;
}

/** Evaluates the conditions of a GET or HEAD in the order of section 13.2.2; If-Range is `byte-range.ts`'s. */
export function evaluatePreconditions({ header }: Pick<Asked, "header">, { etag, modifiedAt }: Validators): Outcome {
  const ifMatch = header("if-match");
  if (ifMatch != null) {
    if (!matchesStrongly(ifMatch, etag)) return "failed";
  } else {
    // "A recipient MUST ignore If-Unmodified-Since if the request contains an If-Match header field" (13.1.4).
    const since = parseHttpDate(header("if-unmodified-since"));
    if (since !== null && wholeSeconds(modifiedAt) > since) return "failed";
  }
  const ifNoneMatch = header("if-none-match");
  if (ifNoneMatch != null) return matchesWeakly(ifNoneMatch, etag) ? "not_modified" : "proceed";
  // "A recipient MUST ignore If-Modified-Since if the request contains an If-None-Match header field" (13.1.3).
  const since = parseHttpDate(header("if-modified-since"));
  return since !== null && wholeSeconds(modifiedAt) <= since ? "not_modified" : "proceed";
}

/** "A recipient MUST use the weak comparison function when comparing entity tags for If-None-Match" (13.1.2). */
const matchesWeakly = (field: string, etag: string): boolean =>
  field === etag || field.trim() === "*" || tagsIn(field).some((tag) => tag === etag || tag === `W/${etag}`);

/** "An origin server MUST use the strong comparison function when comparing entity tags for If-Match" (13.1.1). */
const matchesStrongly = (field: string, etag: string): boolean => field.trim() === "*" || tagsIn(field).includes(etag);

/** An entity tag may hold a comma, so a list is not split at commas (8.8.3). */
const tagsIn = (field: string): string[] => field.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? [];

/** Last-Modified has no fractions; what it is compared with must not have them either. */
const wholeSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);

const imfFixdate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const rfc850Date = /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/;
const asctimeDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/**
 * Epoch seconds; null for what is no HTTP-date, and is ignored then (13.1.3). "A recipient that parses a timestamp value
 * in an HTTP field MUST accept all three HTTP-date formats" (5.6.7).
 */
export function parseHttpDate(text: string | null | undefined): number | null {
  if (!text) return null;
  const isAsctime = asctimeDate.test(text);
  if (!isAsctime && !imfFixdate.test(text) && !rfc850Date.test(text)) return null;
  const milliseconds = Date.parse(isAsctime ? `${text} GMT` : text);
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}
