/** Further things to do, behind a button with three dots. The browser closes it at a click beside it and at Escape. */
import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { texts } from "../texts.ts";
import { Icon } from "./icons.tsx";

const gap = 4;

export function Menu({ of, children }: { of: string; children: ComponentChildren }) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const place = () => {
    const [at, menu] = [button.current?.getBoundingClientRect(), list.current];
    if (!at || !menu) return;
    const below = at.bottom + gap + menu.offsetHeight < innerHeight;
    menu.style.left = `${Math.max(gap, at.right - menu.offsetWidth)}px`;
    menu.style.top = `${below ? at.bottom + gap : at.top - gap - menu.offsetHeight}px`;
  };
  return (
    <>
      <button ref={button} type="button" class="quiet" popovertarget={id} aria-label={texts.more(of)}>
        <Icon name="more" />
      </button>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the buttons within are what the keyboard reaches */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the same */}
      <div
        ref={list}
        id={id}
        popover="auto"
        class="menu"
        onToggle={(event) => event.newState === "open" && place()}
        onClick={() => list.current?.hidePopover()}
      >
        {children}
      </div>
    </>
  );
}
