/** The name of an uploaded file, checked before it becomes a part of a path. */

/** One plain name: no separator, no control character, not `.` or `..`. */
export function isFileName(name: string): boolean {
  if (name === "." || name === ".." || name.length > 255) return false;
  for (const character of name)
    if (character < " " || character === "\u007f" || character === "/" || character === "\\") return false;
  return name !== "";
}
