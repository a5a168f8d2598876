// A panel that opens above or below its button. Menus and help use it.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props {
  /** Label of the button for screen readers and as a tooltip. */
  label: string;
  button: ComponentChildren;
  class: string;
  testid: string;
  panelClass?: string;
  /** "menu" moves focus between items with the arrow keys. */
  role?: "menu" | "dialog";
  children: (close: () => void) => ComponentChildren;
}

export function Popover({ label, button, class: cls, testid, panelClass = "", role = "menu", children }: Props) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);

  const close = () => {
    setOpen(false);
    trigger.current?.focus();
  };

  useLayoutEffect(() => {
    if (!open) return;
    const first = items(root.current).find((e) => e.getAttribute("aria-checked") === "true") ?? items(root.current)[0];
    (first ?? root.current?.querySelector<HTMLElement>(".popover"))?.focus();
    const outside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (!open) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (role !== "menu" || !step) return;
    event.preventDefault();
    const all = items(root.current);
    const at = all.indexOf(document.activeElement as HTMLElement);
    all[(at + step + all.length) % all.length]?.focus();
  };
  const onFocusOut = (event: FocusEvent) => {
    if (event.relatedTarget && !root.current?.contains(event.relatedTarget as Node)) setOpen(false);
  };

  return (
    <div class="popover-root" ref={root} onKeyDown={onKeyDown} onFocusOut={onFocusOut}>
      <button
        type="button" ref={trigger} class={cls} data-testid={testid} aria-label={label} title={label}
        aria-haspopup={role} aria-expanded={open} onClick={() => setOpen(!open)}
      >
        {button}
      </button>
      {open && (
        <div class={`popover ${panelClass}`} role={role} aria-label={label} tabIndex={-1} data-testid={`${testid}-panel`}>
          {children(close)}
        </div>
      )}
    </div>
  );
}

function items(root: HTMLElement | null): HTMLElement[] {
  return root ? [...root.querySelectorAll<HTMLElement>('.popover [role^="menuitem"]')] : [];
}
