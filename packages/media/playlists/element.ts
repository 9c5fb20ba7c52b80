/** XML, as far as a manifest needs it: elements as lists of lines, so that a nested one is its lines further in. */

/** The lines of an element, without line ends. */
export type Element = string[];

/**
 * An element with its attributes in this order; one that is undefined is left out. Attributes and text may be of whatever
 * characters.
 *
 * @param content other elements, or text
 * @example element("Label", { id: 1 }, "Mum & me") // ['<Label id="1">Mum &amp; me</Label>']
 */
export function element(
  name: string,
  attributes: Record<string, string | number | undefined>,
  content: Element[] | string = [],
): Element {
  const pairs = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escaped(String(value))}"`],
  );
  const head = `<${name}${pairs.join("")}`;
  if (typeof content === "string") return [`${head}>${escaped(content)}</${name}>`];
  const inner = content.flat().map((line) => `  ${line}`);
  return inner.length === 0 ? [`${head}/>`] : [`${head}>`, ...inner, `</${name}>`];
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** What is no character of XML (XML 1.0, 2.2) becomes a space. */
const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\uFFFE\uFFFF]+/gu, " ")
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? "");
