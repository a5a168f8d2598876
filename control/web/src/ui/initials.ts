// What stands for a person whose camera is off. Pure.

/** Up to two letters: first and last word; "?" for a name without letters. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s._-]+/u).filter((w) => /[\p{L}\p{N}]/u.test(w));
  const first = words[0];
  if (!first) return "?";
  const letter = (w: string) => [...w].find((c) => /[\p{L}\p{N}]/u.test(c)) ?? "";
  const last = words.length > 1 ? letter(words[words.length - 1]!) : "";
  return (letter(first) + last).toLocaleUpperCase();
}

export const tints = 8;

/** One of eight tints, the same one for the same person on every screen. */
export function tint(id: string): number {
  let h = 2166136261; // FNV-1a
  for (let i = 0; i < id.length; i++) h = Math.imul(h ^ id.charCodeAt(i), 16777619);
  return (h >>> 0) % tints;
}
