/** Style sheets are imported as text: `import css from "./player.css" with { type: "text" }`. */
declare module "*.css" {
  const text: string;
  export default text;
}
