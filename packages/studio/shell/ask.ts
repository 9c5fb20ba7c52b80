/**
 * Questions to the server, all of them to the page's own address. An answer that is no success is thrown as what the
 * server said of it (RFC 9457), and silence as status 0; nobody else here looks at a status.
 */
import { signal } from "@preact/signals";
import { texts } from "../texts.ts";
import { here } from "./settings.ts";

/** A refusal, in the server's own sentence; status 0 where nobody answered. */
export class Refusal extends Error {
  override name = "Refusal";
  readonly status: number;
  /** Seconds after which to ask again, where the server says so. */
  readonly retryAfter: number | null;
  /** What the server said beside its sentence, such as limits. */
  readonly facts: Record<string, unknown>;

  constructor(status: number, sentence: string, retryAfter: number | null = null, facts: Record<string, unknown> = {}) {
    super(sentence);
    this.status = status;
    this.retryAfter = retryAfter;
    this.facts = facts;
  }

  /**
   * Whether the same question may be answered later: silence, trouble on the server's side, too many at once, or after a
   * login.
   */
  get passes(): boolean {
    return [0, 401, 408, 429].includes(this.status) || (this.status >= 500 && this.status !== 507);
  }
}

/** Counts answers that tell of a service that is away; whoever watches over the services looks at once then. */
export const troubles = signal(0);

/** Counts answers that nobody is logged in, or no longer is. */
export const unauthorized = signal(0);

/** The answer's JSON. @throws Refusal; the signal's reason when that aborts */
export async function ask<Answer>(path: string, options: RequestInit = {}): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(here(path), options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    troubles.value++;
    throw new Refusal(0, texts.noAnswer);
  }
  if (response.ok) return (await response.json()) as Answer;
  throw refusalOf(response.status, await response.text(), response.headers.get("retry-after"));
}

/** JSON to send. */
export const sending = (method: "POST" | "PUT", body: unknown): RequestInit => ({
  method,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** What an answer that is no success says. */
export function refusalOf(status: number, body: string, retryAfter: string | null): Refusal {
  if (status >= 502) troubles.value++;
  if (status === 401) unauthorized.value++;
  const facts = problemIn(body);
  const { detail } = facts;
  const sentence = typeof detail === "string" && detail !== "" ? detail : texts.answered(status);
  const seconds = Number(retryAfter ?? Number.NaN);
  return new Refusal(status, sentence, Number.isFinite(seconds) ? seconds : null, facts);
}

function problemIn(body: string): Record<string, unknown> {
  try {
    const problem: unknown = JSON.parse(body);
    return typeof problem === "object" && problem !== null ? { ...problem } : {};
  } catch {
    return {};
  }
}

/** What to tell of anything that was thrown. */
export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
