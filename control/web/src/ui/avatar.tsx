import { initials, tint } from "./initials";

/** A disc with a person's initials in a tint of their own. */
export function Avatar({ id, name }: { id: string; name: string }) {
  return (
    <span class={`avatar tint-${tint(id)}`} aria-hidden="true">
      <span>{initials(name)}</span>
    </span>
  );
}
