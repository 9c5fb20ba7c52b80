/** Search, state and order of the library. Typing searches by itself, soon after the last letter. */
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../shell/icons.tsx";
import { amend } from "../shell/location.ts";
import { texts } from "../texts.ts";
import { addressOf, type LibraryQuery, sorts, states } from "./library-query.ts";

const words = texts.library;
const pauseSeconds = 0.2;

export function Toolbar({ query }: { query: LibraryQuery }) {
  const search = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const change = (changes: Partial<LibraryQuery>) => amend(addressOf({ ...query, page: 1, ...changes }));
  const type = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => change({ q: search.current?.value ?? "" }), pauseSeconds * 1000);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    // Set from elsewhere, such as the button that shows all.
    if (search.current && search.current !== document.activeElement) search.current.value = query.q;
  }, [query.q]);
  return (
    <search class="toolbar">
      <label class="search">
        <span class="sr">{words.search}</span>
        <Icon name="search" />
        <input ref={search} type="search" defaultValue={query.q} placeholder={words.searchHint} onInput={type} />
      </label>
      <fieldset class="segments">
        <legend class="sr">{words.state}</legend>
        {states.map((state) => (
          <label key={state}>
            <input type="radio" name="state" checked={query.state === state} onChange={() => change({ state })} />
            <span>{words.states[state]}</span>
          </label>
        ))}
      </fieldset>
      <label class="sort">
        <span class="sr">{words.sort}</span>
        <select
          value={query.sort}
          onChange={(event) => change({ sort: event.currentTarget.value as LibraryQuery["sort"] })}
        >
          {sorts.map((sort) => (
            <option key={sort} value={sort}>
              {words.sorts[sort]}
            </option>
          ))}
        </select>
      </label>
    </search>
  );
}
