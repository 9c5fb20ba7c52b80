/** The key by which the services of one installation recognise each other: a file that they share, or `SERVICE_KEY`. */
import { z } from "zod";
import { newServiceKey } from "./api-key.ts";
import { readOrCreate } from "./key-file.ts";

const minCharacters = 32;
const isLongEnough = (key: string): boolean => key.length >= minCharacters && /^[\x21-\x7e]+$/.test(key);

/** The setting `SERVICE_KEY`, for services on several machines. Marked `secret`, so that no error shows the value. */
export const serviceKeySetting = z
  .string()
  .refine(isLongEnough, `a service key is at least ${minCharacters} printable characters without a space`)
  .optional()
  .meta({ description: "The key by which the services recognise each other", secret: true });

/**
 * The key in the file, which is created with 32 random bytes where there is none. Readable by its owner alone.
 *
 * @throws Error with a sentence that names the file and nothing of its content
 */
export async function openServiceKey(path: string): Promise<string> {
  try {
    const key = (await readOrCreate(path, () => `${newServiceKey()}\n`)).trim();
    if (!isLongEnough(key)) throw new Error(`it has no key of at least ${minCharacters} characters`);
    return key;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot use the service key in ${path}; SERVICE_KEY may hold it instead: ${reason}`);
  }
}
