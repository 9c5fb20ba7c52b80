/** The header that has a browser save a file instead of showing it, under the name its owner gave it (RFC 6266, RFC 8187). */
import { create } from "content-disposition";

/** @example asDownload("Übung.mov") // attachment; filename="?bung.mov"; filename*=UTF-8''%C3%9Cbung.mov */
export const asDownload = (filename: string): Record<string, string> => ({ "content-disposition": create(filename) });
